# ingle run --remember: the same text from what was kept; sealed files, only where asked for, and
# what is wrong with them is said.
. "$(dirname "$0")/lib.sh"

snapshots=$XDG_CACHE_HOME/ingle/snapshots keys=$XDG_STATE_HOME/ingle/keys
prompt='the quick brown fox jumps over the lazy dog and the quick brown fox jumps over the lazy dog'
run() { expect 0 "$ingle" run -m "$tiny" -p "$prompt" -n 12 --seed 7 --stats "$@"; }
kept() { find "$snapshots" -type f -size +0 2>/dev/null | wc -l; }
reused() {
    says "^remembered  *$1 of [0-9]* tokens of the prompt$"
    cmp -s first "$tmp/out" || fail "another text: $(cat "$tmp/err")"
}

run
cp "$tmp/out" first
[ ! -e "$snapshots" ] && [ ! -e "$XDG_STATE_HOME/ingle/keys" ] || fail "something was kept unasked"
grep -q '^remembered' "$tmp/err" && fail "remembered unasked"

if ! "$ingle" run -m "$tiny" -p abc -n 1 --remember >"$tmp/out" 2>"$tmp/err"; then
    grep -q 'libsodium' "$tmp/err" && exit 77 # a build that keeps nothing
    fail "the first time"
fi
rm -rf "$snapshots"
run --remember
reused 0
[ "$(kept)" -eq 1 ] || fail "$(kept) files were kept"
[ "$(stat -c %a "$snapshots")$(stat -c %a "$keys")" = 700700 ] || fail "folders open to others"
for file in "$snapshots"/* "$keys"/*; do
    [ "$(stat -c %a "$file")" = 600 ] || fail "$file is open to others"
    grep -q -a 'brown' "$file" && fail "$file holds the words"
done
run --remember
n=$(sed -n 's/^remembered *\([0-9]*\) of .*/\1/p' "$tmp/err")
[ "$n" -gt 50 ] || fail "only $n tokens were remembered"
reused "$n"
run --remember --json
tail -1 "$tmp/out" | grep -q "\"n_reused\": $n, \"remember_note\": \"\"" || fail "JSON: $(tail -1 "$tmp/out")"

# A prompt that begins alike; another kind of cache; another file at the same place.
expect 0 "$ingle" run -m "$tiny" -p "$prompt again" -n 2 --stats --remember
says "^remembered  *[1-9][0-9]* of"
run --remember --kv int8
says '^remembered  *0 of'
[ "$(kept)" -eq 2 ] || fail "the kinds of cache share a file"
cp "$tiny" own.gguf
expect 0 "$ingle" run -m own.gguf -p "$prompt" -n 2 --remember
cp "$MODELS/slow.gguf" own.gguf
expect 0 "$ingle" run -m own.gguf -p "$prompt" -n 2 --stats --remember
says '^remembered  *0 of'
says '^not used .*another model'

# Damage is said, and replaced.
for file in "$snapshots"/*; do
    [ -s "$file" ] && printf damage | dd of="$file" bs=1 seek=300 conv=notrunc 2>/dev/null
done
run --remember
reused 0
says '^not used .*damaged\.$'
run --remember
reused "$n"

# Keys that others could read, no folders, a file in the way: nothing is made of it.
chmod 755 "$keys"
refused 5 'open to other users' "$ingle" run -m "$tiny" -p "$prompt" -n 2 --remember
chmod 700 "$keys"
# (The audit log says that there is no place for it, too.)
expect 4 env -u HOME -u XDG_CACHE_HOME -u XDG_STATE_HOME \
    "$ingle" run -m "$tiny" -p abc -n 2 --remember
says 'Nothing can be remembered'
: >plain
expect 4 env XDG_STATE_HOME="$tmp/plain" "$ingle" run -m "$tiny" -p abc -n 2 --remember
says 'ingle run: .*Not a directory'

# The answer stands, the failure is said, nothing is left over.
if [ -z "$SANITIZED" ]; then
    rm -rf "$snapshots"
    code=0
    # What front and worker share is a file, too, of a little more than 1 MiB.
    long=$(for _ in $(seq 40); do printf '%s' "$prompt"; done)
    expect 0 "$ingle" run -m "$tiny" -p "$long" -c 5000 -n 12 --seed 7
    mv "$tmp/out" first
    (ulimit -f 1040 && "$ingle" run -m "$tiny" -p "$long" -c 5000 -n 12 --seed 7 --remember >"$tmp/out" 2>"$tmp/err") || code=$?
    [ "$code" -eq 6 ] || fail "a full disk: exit code $code: $(cat "$tmp/err")"
    one_sentence
    cmp -s first "$tmp/out" || fail "a full disk took the answer along"
    [ "$(kept)" -eq 0 ] || fail "something is left over"
fi
