# Ctrl-C: the text printed stays, exit 130, at once.
. "$(dirname "$0")/lib.sh"

# A background job of a script ignores SIGINT; this gives it back.
interruptible() { exec bash -c 'trap - INT; exec "$@"' interruptible "$@"; }

"$INGLE" --version >/dev/null
(interruptible env --default-signal=INT "$ingle" run -m "$tiny" -p abc -n 100000000 -c 100000 \
    --ignore-end --json >out 2>err) &
pid=$!
for _ in $(seq 100); do
    [ "$(wc -l <out 2>/dev/null || echo 0)" -ge 5 ] && break
    sleep 0.05
done
[ "$(wc -l <out)" -ge 5 ] || fail "no text within five seconds"
kill -INT "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 130 ] || fail "exit code $code"
tail -1 out | grep -q '"reason": "cancel"' || fail "no end object: $(tail -1 out)"
[ "$(grep -c '"text"' out)" -ge 5 ] || fail "the text printed is gone"
[ ! -s err ] || fail "standard error: $(cat err)"
exit 0
