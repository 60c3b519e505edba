# --unsealed: the same answers without the seal, which is said, in red where somebody sits.
. "$(dirname "$0")/lib.sh"
sentence='ingle: --unsealed: the process that reads the model and your words is not sealed.'
"$ingle" vault lock 2>"$tmp/err"
! grep -q 'without libsodium' "$tmp/err" || sentence="$sentence This build keeps no record of it."

expect 0 "$ingle" run -m "$tiny" -p abc --seed 7 -n 8
cp "$tmp/out" first
[ ! -s "$tmp/err" ] || fail "a sealed run says something"
expect 0 "$ingle" run -m "$tiny" -p abc --seed 7 -n 8 --unsealed
cmp -s first "$tmp/out" || fail "another text without the seal"
[ "$(cat "$tmp/err")" = "$sentence" ] || fail "not said as it should be: $(cat -v "$tmp/err")"
echo hello >"$tmp/in"
expect 0 "$ingle" chat -m "$MODELS/chat.gguf" -n 2 --unsealed
[ "$(grep -cF "$sentence" "$tmp/err")" -eq 1 ] || fail "chat does not say it"
expect 0 "$ingle" tokens -m "$tiny" --unsealed abc
[ "$(cat "$tmp/err")" = "$sentence" ] || fail "tokens does not say it"
echo '[]' >chat.json
echo x >x.jinja
expect 0 "$ingle" template --template x.jinja --messages chat.json --unsealed
[ "$(cat "$tmp/err")" = "$sentence" ] || fail "template does not say it"

# What the kernel says of the process that reads the model.
filters() { # OPTIONS...: how many a worker at work has; those of the command itself count
    mkfifo stalled
    exec 4<>stalled
    "$ingle" run -m "$tiny" -p abc -n -1 -c 1000000 --ignore-end --json "$@" >stalled 2>"$tmp/err" &
    pid=$!
    for _ in $(seq 6000); do
        worker=$(tr -d ' ' <"/proc/$pid/task/$pid/children" 2>/dev/null)
        [ -n "$worker" ] && [ "$(head -c 1 <&4)" = '{' ] && break
        sleep 0.01
    done
    sed -n 's/^Seccomp_filters:[^0-9]*//p' "/proc/$worker/status"
    kill $pid
    wait $pid 2>/dev/null
    exec 4>&-
    rm stalled
}
n=$(filters)
if [ -n "$n" ]; then # kernels before 5.9 do not say
    n_unsealed=$(filters --unsealed)
    [ "$n_unsealed" -lt "$n" ] || fail "$n filters with the seal, $n_unsealed without"
fi

if command -v script >/dev/null; then
    on_terminal() { # ENVIRONMENT...
        env "$@" script -qec "$ingle tokens -m $tiny --unsealed abc" /dev/null </dev/null >typed 2>&1 ||
            fail "on a terminal: $(cat typed)"
    }
    on_terminal -u NO_COLOR TERM=xterm
    grep -qF "$(printf '\033[31m%s\033[0m' "$sentence")" typed || fail "it is not red: $(cat -v typed)"
    on_terminal NO_COLOR=1 TERM=xterm
    grep -qF "$sentence" typed || fail "not said with NO_COLOR"
    grep -q "$(printf '\033')" typed && fail "NO_COLOR is not respected"
    on_terminal -u NO_COLOR TERM=dumb
    grep -q "$(printf '\033')" typed && fail "a dumb terminal has colours"
fi
exit 0
