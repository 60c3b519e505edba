# Commands that read a model in their own process, which seals itself before: show and bench.
. "$(dirname "$0")/lib.sh"

# What is written does not depend on the seal; that there is none is said, and recorded.
expect 0 "$ingle" show "$tiny" --full
mv "$tmp/out" sealed
[ ! -s "$tmp/err" ] || fail "words on standard error"
expect 0 "$ingle" show "$tiny" --full --unsealed
cmp -s sealed "$tmp/out" || fail "without a seal, show says something else"
one_sentence
says 'is not sealed'
expect 0 "$ingle" bench -m "$tiny" -p 4 -n 0 -r 1 --unsealed --json
prints '"test": "pp4"'
one_sentence
if "$ingle" audit list >"$tmp/log" 2>/dev/null; then
    [ "$(grep -c unsealed "$tmp/log")" -eq 2 ] || fail "not two records of --unsealed"
    [ "$(grep -c 'sealed reading' "$tmp/log")" -eq 1 ] || fail "not one record of what was read"
    expect 0 "$ingle" audit verify
fi

# While it works: no way out, as the kernel says it; Ctrl-C ends it as before.
field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"; }
mkfifo pipe
"$ingle" bench -m "$tiny" -p 1,100000 -n 0 -r 1 --json >pipe 2>err & # the second takes minutes
pid=$!
exec 5<pipe
head -c 2 <&5 >/dev/null # it has begun, and is sealed
[ "$(cat "/proc/$pid/comm")" = 'ingle: sealed' ] || fail "its name: $(cat "/proc/$pid/comm")"
[ "$(field Seccomp)" = 2 ] || fail "no filter: $(field Seccomp)"
[ "$(field NoNewPrivs)" = 1 ] || fail "it may get new privileges"
[ "$(field CapEff)" = 0000000000000000 ] || fail "it has capabilities"
if [ -r "/proc/$pid/fd/0" ]; then
    [ "$(readlink "/proc/$pid/fd/0")" = /dev/null ] || fail "it still has standard input"
fi
kill -INT "$pid"
cat <&5 >/dev/null
exec 5<&-
wait "$pid"
code=$?
[ "$code" -eq 130 ] || fail "Ctrl-C: exit code $code: $(cat err)"

# Where standard output leads to: all that is no way out.
expect 0 bash -c "'$ingle' show '$tiny' >/dev/zero"
expect 0 bash -c "'$ingle' show '$tiny' | cat"
expect 0 bash -c "'$ingle' show '$tiny' >>'$tmp/file' 2>>'$tmp/file'"
refused 6 'No space left' bash -c "'$ingle' show '$tiny' >/dev/full"
refused 1 'not open' bash -c "'$ingle' show '$tiny' >&-"
if (exec 3<>/dev/udp/127.0.0.1/9) 2>/dev/null; then
    refused 1 'standard output is a network socket' \
        bash -c "exec 3<>/dev/udp/127.0.0.1/9; '$ingle' show '$tiny' >&3"
    expect 0 bash -c "exec 3<>/dev/udp/127.0.0.1/9; '$ingle' tokens -m '$tiny' a >'$tmp/ids'"
fi
# A file that is larger than the model already can still be added to.
if [ -z "$SANITIZED" ]; then
    truncate -s 200M large
    expect 0 bash -c "'$ingle' show '$tiny' >>large"
    tail -c 100 large | grep -q ']' || fail "nothing was added to a large file"
fi

# Prepared weights get their name, from a process that cannot give one.
packed=$XDG_CACHE_HOME/ingle/packed
rm -rf "$packed"
expect 0 "$ingle" bench -m "$tiny" -p 1 -n 0 -r 1
[ "$(ls -A "$packed" | wc -l)" -eq 1 ] || fail "not one file of weights: $(ls -A "$packed")"
expect 0 "$ingle" bench -m "$tiny" -p 1 -n 0 -r 1
[ "$(ls -A "$packed" | wc -l)" -eq 1 ] || fail "not one file of weights: $(ls -A "$packed")"
expect 0 env -i "$ingle" bench -m "$tiny" -p 1 -n 0 -r 1

# A model of more parts than most processes have files open: in place, and in a worker.
first=$(ls "$MODELS"/parts-00001-of-*.gguf)
expect 0 "$ingle" show "$first"
prints 'u32  *split.count'
expect 0 "$ingle" bench -m "$first" -p 1 -n 0 -r 1
expect 0 "$ingle" tokens -m "$first" abc
expect 0 "$ingle" run -m "$first" -p abc --temp 0 -n 8
mv "$tmp/out" parts
expect 0 "$ingle" run -m "$tiny" -p abc --temp 0 -n 8
cmp -s parts "$tmp/out" || fail "in parts, the model says something else"
exit 0
