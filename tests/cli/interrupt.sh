# Signals, sent to real processes at every stage: what was printed stays, nothing half-written is
# left behind, the exit code says what happened, at once.
. "$(dirname "$0")/lib.sh"
slow=$MODELS/slow.gguf

# begin COMMAND...: in the background, with its output in files. A shell lets its background jobs
# ignore Ctrl-C; ingle listens all the same.
begin() {
    : >out
    : >err
    "$ingle" "$@" >out 2>err <"${input:-/dev/null}" &
    pid=$!
    hears $pid
}

# until_true COMMAND...: waits for it.
until_true() {
    for _ in $(seq 3000); do
        "$@" && return
        kill -0 "$pid" 2>/dev/null || fail "ended too early: $*"
        sleep 0.01
    done
    fail "never: $*"
}

# ends CODE [stats]: with this code and no words but the figures of --stats, soon, even if the
# machine does other things: what is not interrupted goes on for ever, or for a minute.
limit=10000
[ -z "$SANITIZED" ] || limit=30000
ends() {
    local start=${EPOCHREALTIME/./} code=0
    wait "$pid" || code=$?
    local ms=$(((${EPOCHREALTIME/./} - start) / 1000))
    [ "$code" -eq "$1" ] || fail "exit code $code instead of $1"
    [ "$ms" -lt "$limit" ] || fail "took $ms ms to end"
    [ "${2:-}" = stats ] || [ ! -s err ] || fail "words on standard error: $(cat err)"
}

lines_out() { [ "$(wc -l <out)" -ge "$1" ]; }
bytes_out() { [ "$(wc -c <out)" -ge "$1" ]; }
has_mapped() { grep -q "$1" "/proc/$pid/maps" 2>/dev/null; }
has_worker() { grep -q . "/proc/$pid/task/$pid/children" 2>/dev/null; }
is_asleep() { grep -q '^State:.*[SD]' "/proc/$pid/status" 2>/dev/null; }
has_temporary() { [ -n "$(ls -A folder)" ]; }
for_ever='-n -1 -c 10000000 --ignore-end'

# While it decodes.
begin run -m "$tiny" -p abc $for_ever --json
until_true lines_out 5
kill -INT "$pid"
ends 130
tail -1 out | grep -q '"reason": "cancel"' || fail "no end object: $(tail -1 out)"
[ "$(grep -c '^{"text"' out)" -ge 5 ] || fail "the text printed is gone"
begin run -m "$tiny" -p abc $for_ever
until_true bytes_out 20
kill -INT "$pid"
ends 130
bytes_out 20 || fail "the text printed is gone"

# Twice in a row.
begin run -m "$tiny" -p abc $for_ever
until_true bytes_out 1
kill -INT "$pid"
kill -INT "$pid" 2>/dev/null
ends 130

# While it reads a long prompt: its attention grows with the square. A busy machine may still be
# opening the model after the first delays.
head -c 60000 /dev/zero | tr '\0' a >long
for delay in 0.1 0.4 1.6 6.4 25.6; do
    begin run -m "$tiny" -p @long -c 100000 --json --stats
    until_true has_worker
    sleep $delay
    kill -INT "$pid"
    ends 130 stats
    [ -s out ] && break
done
[ "$(grep -c . out)" -eq 1 ] || fail "not only the end object: $(head -3 out)"
grep -q '"reason": "cancel", "n_prompt": 60000, "n_tokens": 0' out || fail "no end object: $(cat out)"
grep -q '"first_token_ms": null' out || fail "a first token, though none was made: $(cat out)"
# The speed is of what was computed, not of what was not.
read_tokens=$(sed -n 's/^prefill .*(\([0-9]*\) tokens)$/\1/p' err)
[ "$read_tokens" -lt 60000 ] || fail "all of the prompt was computed: $(cat err)"

# While it opens the model, at several moments.
for delay in 0 0.005 0.01 0.02; do
    begin run -m "$slow" -p abc $for_ever
    until_true has_worker
    sleep "$delay"
    kill -INT "$pid"
    ends 130
done

# While it waits for its text, or for a reader.
mkfifo silent stalled
exec 3<>silent 4<>stalled
input=silent begin run -m "$tiny" -p -
sleep 0.2 # not while it is being started
until_true is_asleep
kill -INT "$pid"
ends 130
"$ingle" run -m "$tiny" -p abc $for_ever --json >stalled 2>err &
pid=$!
hears $pid
sleep 0.5
until_true is_asleep
kill -INT "$pid"
ends 130
mkfifo unread
begin logits -m "$tiny" --tokens 1 -o unread
sleep 0.2
until_true is_asleep
kill -INT "$pid"
ends 130

# A bench keeps what it has measured, as a whole array.
begin bench -m "$tiny" -p 1,100000 -n 0 -r 1000 --json
until_true bytes_out 20
kill -INT "$pid"
ends 130
grep -q '^\[{"test": "pp1",.*}\]$' out || fail "no array: $(cat out)"
begin bench -m "$tiny" -p 100000 -n 0 --json
until_true has_mapped tiny.gguf
sleep 0.2
kill -INT "$pid"
ends 130
[ ! -s out ] || fail "nothing measured, yet output: $(cat out)"

# Other signals end it as they end any process. A result that is not whole leaves nothing behind.
mkdir folder
tr a , <long | sed 's/,/,1/g; s/^,//' >ids
for signal in INT TERM HUP; do
    begin logits -m "$tiny" --tokens @ids --all -c 100000 -o folder/rows
    until_true has_temporary
    sleep 0.1
    kill -"$signal" "$pid"
    case $signal in
    INT) ends 130 ;;
    TERM) ends 143 ;;
    HUP) ends 129 ;;
    esac
    [ -z "$(ls -A folder)" ] || fail "$signal left $(ls -A folder)"
done
# Under nohup a hang-up is no end.
(trap '' HUP && exec "$ingle" run -m "$tiny" -p abc $for_ever >out 2>err) &
pid=$!
until_true bytes_out 20
kill -HUP "$pid"
printed=$(wc -c <out)
until_true bytes_out $((printed + 100))
kill -INT "$pid"
ends 130

# A model that is cut short while it is in use. (A sanitizer catches that signal for itself.)
if [ -z "$SANITIZED" ]; then
    cp "$tiny" model.gguf
    begin run -m model.gguf -p abc $for_ever
    until_true bytes_out 20
    : >model.gguf
    code=0
    wait "$pid" || code=$?
    [ "$code" -eq 3 ] || fail "a model cut short: exit code $code"
    [ "$(cat err)" = 'ingle run: A file in use was cut short, or can no longer be read.' ] ||
        fail "a model cut short: $(cat err)"
fi
begin run -m "$tiny" -p abc $for_ever
until_true bytes_out 20
kill -TERM "$pid"
ends 143
bytes_out 20 || fail "the text printed is gone"
exit 0
