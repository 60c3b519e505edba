# The binary on processors that this machine is not: EMULATOR (a command line) runs INGLE. Each of
# TIERS must be there and write what the reference tier writes; the reference is this processor's if
# NATIVE is set, so that an instruction of a higher tier outside its files is found by an old one.
# An emulator knows no seal, which is said; an unsealed worker is a fork, and so runs under it, too.
. "$(dirname "$0")/lib.sh"

model=$tmp/tiny.gguf
cp "$tiny" "$model"

answer() { # TIER COMMAND...
    tier=$1
    shift
    # shellcheck disable=SC2086  # a command line
    expect 0 env INGLE_CPU="$tier" "$@" run --unsealed -m "$model" -p 'It is' --temp 0 -n 48 -t 2
    mv "$tmp/out" "$tmp/$tier"
}

if [ -n "${NATIVE:-}" ]; then
    answer ref "$ingle"
else
    answer ref $EMULATOR "$ingle"
fi
mv "$tmp/ref" "$tmp/wanted"
[ -s "$tmp/wanted" ] || fail "the reference says nothing"
keeps_network='Cannot take the network away from this process: .*\.$'
for tier in $TIERS; do
    answer "$tier" $EMULATOR "$ingle"
    says "^ingle run: $keeps_network"
    cmp "$tmp/wanted" "$tmp/$tier" || fail "$tier answers otherwise under $EMULATOR"
done

# In its own process, too.
# shellcheck disable=SC2086
expect 0 $EMULATOR "$ingle" show --unsealed "$model"
prints 'general.architecture'
sentence='is not sealed\.$'
# shellcheck disable=SC2086  # also where nothing is kept, it is said
if $EMULATOR "$ingle" vault 2>&1 | grep -q 'without libsodium'; then
    sentence='is not sealed\. This build keeps no record of it\.$'
fi
says "$sentence"
# shellcheck disable=SC2086
expect 0 $EMULATOR "$ingle" bench --unsealed -m "$model" -p 2 -n 0 -r 1 --json
prints '"test": "pp2"'

# That it keeps the network is said once, also by notify, which gives it up in two steps.
# shellcheck disable=SC2086
expect 0 $EMULATOR "$ingle" template --help
[ ! -s "$tmp/err" ] || fail "something to say of a help"
echo '{"app": "Mail", "title": "Ana", "body": "Are you coming?", "time": "2026-11-26T08:00:00Z"}' >"$tmp/in"
# shellcheck disable=SC2086
expect 0 $EMULATOR "$ingle" notify --unsealed
[ "$(grep -c "^ingle notify: $keeps_network" "$tmp/err")" -eq 1 ] || fail "the network is not said once"
# shellcheck disable=SC2086
expect 0 $EMULATOR "$ingle" cpu
one_sentence
says "^ingle cpu: $keeps_network"
# shellcheck disable=SC2086
$EMULATOR "$ingle" doctor >"$tmp/out" 2>"$tmp/err" # what it finds is not asked here
says "^ingle doctor: $keeps_network"
exit 0
