# The binary on processors that this machine is not: EMULATOR (a command line) runs INGLE. Each of
# TIERS must be there and write what the reference tier writes; the reference is this processor's if
# NATIVE is set, so that an instruction of a higher tier outside its files is found by an old one.
# An emulator knows no seal; an unsealed worker is a fork, and so runs under it, too.
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
for tier in $TIERS; do
    answer "$tier" $EMULATOR "$ingle"
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
exit 0
