# What a person sees of a worker that crashes, is killed or hangs, and what is left of their words.
. "$(dirname "$0")/lib.sh"
for_ever='-n -1 -c 10000000 --ignore-end'
canary=Kanarienvogel-7f3a91

# begin COMMAND...: in the background; $pid is the front, $worker its worker, which has begun to
# write.
begin() {
    : >out
    : >err
    "$ingle" "$@" >out 2>err <"${input:-/dev/null}" &
    pid=$!
    for _ in $(seq 6000); do
        [ -s out ] && break
        kill -0 "$pid" 2>/dev/null || fail "ended too early: $*"
        sleep 0.01
    done
    worker=$(tr -d ' ' <"/proc/$pid/task/$pid/children")
    [ -n "$worker" ] || fail "no worker: $*"
}

# ends CODE WORDS: with this code and one sentence.
ends() {
    local code=0
    wait "$pid" || code=$?
    [ "$code" -eq "$1" ] || fail "exit code $code instead of $1"
    grep -q "^ingle.*: .*$2.*\.$" err || fail "does not say '$2'"
    [ "$(wc -l <err)" -eq 1 ] || fail "not one line on standard error"
    [ ! -d "/proc/$worker" ] || fail "the worker is still there"
}

crash() { # SIGNAL CODE WORDS
    begin run -m "$tiny" -p "$canary" $for_ever
    kill -"$1" "$worker"
    local start=${EPOCHREALTIME/./}
    ends "$2" "$3"
    echo $(((${EPOCHREALTIME/./} - start) / 1000)) >ms
}

# Of a sanitizer's build a crash may be the end by the seal, since its report wants more than that
# allows.
if [ -z "$SANITIZED" ]; then
    ulimit -c unlimited 2>/dev/null
    crash SEGV 1 'crashed (Segmentation fault)'
    crash BUS 3 'cut short'
fi
crash KILL 1 'was killed'
for _ in 1 2 3; do # a busy machine may look away, but not each time
    rm -rf .state
    crash STOP 1 'did not answer any more'
    [ "$(cat ms)" -lt 4500 ] && break
done
[ "$(cat ms)" -lt 4500 ] || [ -n "$SANITIZED" ] || # life.h: after one second; silent without being stopped: five
    fail "it took $(cat ms) ms to notice that a worker hangs"
# Started by somebody who does not want to hear of children: it hears of its own.
ours=$ingle
printf '#!/bin/bash\ntrap "" CHLD\nexec "%s" "$@"\n' "$ours" >deaf
chmod +x deaf
ingle=$PWD/deaf
crash KILL 1 'was killed'
ingle=$ours
rm -rf .state

# In the middle of a conversation: the answer is lost, the process ends in order.
printf 'hello\n' >turns
input=turns begin chat -m "$MODELS/chat.gguf" -c 1000000 --allow-loops --logit-bias 65=1000
kill -KILL "$worker"
ends 1 'was killed'

# Three times in a row, by its own doing: not once more, until somebody wants it, or it has changed.
cp "$tiny" model.gguf
for i in 1 2 3; do
    begin run -m model.gguf -p "$canary" $for_ever
    kill -ABRT "$worker"
    ends 1 'crashed (Aborted)'
done
if "$ingle" audit list >kept 2>/dev/null; then
    [ "$(grep -c ' crash ' kept)" -eq 4 ] || fail "not chat's and three crashes in the audit log: $(cat kept)"
    [ "$(grep -c ' quarantine  *crashes=3$' kept)" -eq 1 ] || fail "no quarantine in the audit log: $(cat kept)"
fi
refused 5 'crashed 3 times in a row (Aborted)' "$ingle" run -m model.gguf -p x -n 1
file=$(sed -n "s/.*or '\(.*\)' is deleted\.$/\1/p" err)
[ -f "$file" ] || fail "the sentence names no file: $(cat err)"
[ "$(stat -c %a "$file")" = 600 ] || fail "others may read $file"
expect 0 "$ingle" run -m "$tiny" -p x -n 1
touch model.gguf
expect 0 "$ingle" run -m model.gguf -p x -n 1
[ -f "$file" ] || fail "another model's success forgave this one"
touch -r "$tiny" model.gguf
rm -f "$file"
expect 0 "$ingle" run -m model.gguf -p x -n 1

# A success forgives what was before.
for i in 1 2 3 4; do
    begin run -m model.gguf -p "$canary" $for_ever
    kill -ABRT "$worker"
    ends 1 'crashed (Aborted)'
    expect 0 "$ingle" run -m model.gguf -p x -n 1
done
[ -z "$(ls -A .state/ingle/crashes)" ] || fail "left: $(ls .state/ingle/crashes)"

# No core of a worker, whatever the front's limit; none can look into it.
begin run -m "$tiny" -p "$canary" $for_ever
grep -q '^Max core file size *0 *0 ' "/proc/$worker/limits" || fail "it may leave a core file"
[ "$(id -u)" -eq 0 ] || ! cat "/proc/$worker/environ" >/dev/null 2>&1 || fail "it is dumpable"
# A front that is killed takes its worker with it.
kill -KILL "$pid"
wait "$pid" 2>/dev/null
for _ in $(seq 3000); do
    grep -q '^State:.*[ZX]' "/proc/$worker/status" 2>/dev/null || [ ! -d "/proc/$worker" ] && break
    sleep 0.01
done
grep -q '^State:.*[ZX]' "/proc/$worker/status" 2>/dev/null || [ ! -d "/proc/$worker" ] ||
    fail "a worker outlived its front"

# Nothing of what was said is on the disk.
printf '%s\n' "$canary" >said
input=said expect 0 "$ingle" chat -m "$MODELS/chat.gguf" -n 3
rm -f said in
found=$(grep -rl "$canary" . 2>/dev/null | grep -v '^\./\(out\|err\)$')
[ -z "$found" ] || fail "the words are in $found"
[ -z "$(find . -name 'core*')" ] || fail "a core file"
# (A test of ingle prove that runs beside this one may just be making its own.)
! ls /dev/shm 2>/dev/null | grep -v '^ingle-prove' | grep -q ingle || fail "something in /dev/shm"
exit 0
