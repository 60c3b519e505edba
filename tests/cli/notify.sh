# ingle notify: digests of files and pipes, what is hidden, what is said of bad input.
. "$(dirname "$0")/lib.sh"

cat >day.jsonl <<'JSON'
{"app":"Signal","title":"Anna","body":"hey","time":"2026-11-27T09:25:00Z"}
{"app":"Signal","title":"Anna","body":"Can you pick up the kids at 5?","time":"2026-11-27T09:28:00Z"}
{"app":"Messages","title":"GitHub","body":"Your GitHub authentication code is 482913. Do not share it.","time":"2026-11-27T09:29:00Z"}
{"app":"GitHub","title":"ingle","body":"Ben requested your review on <b>#12</b> &amp; more","time":"2026-11-27T08:29:00Z","id":5,"unknown":{"x":[1]}}
{"app":"Shop","title":"Flash sale","body":"50% off everything!","urgency":"critical"}
{"app":"Bank","summary":"Security alert","body":"New sign-in from Lisbon. Was this you?","time":1795771770,"urgency":1}
{"app":"Files","title":"Copying","body":"10% done","id":"p"}
{"app":"Files","title":"Copying","body":"90% done","replaces":"p","urgency":0}
{"app":"Mail","title":"Wifi","body":"The guest password is hunter2!x","thread":"Wifi"}
JSON

expect 0 "$ingle" notify day.jsonl
cp out plain
[ ! -s err ] || fail "words on standard error"
[ "$(head -2 out)" = "Urgent
  Bank, just now" ] || fail "the alarm is not first: $(cat out)"
prints '^  Anna (Signal), 2 notifications, 1 min ago$'
prints 'Can you pick up the kids at 5?'
prints 'one-time code from GitHub (not shown)'
prints 'review on #12 & more'
prints '^  Files, 2 notifications (1 updated or the same)$'
prints '90% done'
prints '(password not shown)'
for word in 482913 hunter2 '<b>' '10%'; do
    ! grep -q -e "$word" out || fail "'$word' in the digest: $(cat out)"
done
expect 0 bash -c '"$0" notify <day.jsonl' "$ingle"
cmp -s out plain || fail "a pipe gives another digest than a file"
expect 0 bash -c '"$0" notify - <day.jsonl' "$ingle"
cmp -s out plain || fail "- gives another digest than a file"
expect 0 "$ingle" notify day.jsonl --now 2026-11-27T10:30:00+01:00
prints 'Anna (Signal), 2 notifications, 2 min ago'

# As JSON: one object, and no secret in it either.
expect 0 "$ingle" notify --json day.jsonl
[ "$(wc -l <out)" -eq 1 ] || fail "not one line"
prints '^{"groups": \[{"app": "Bank", "conversation": "", "n": 1, "merged": 0, "urgency": "critical"'
prints '"times": {"first": "2026-11-27T09:25:00Z", "last": "2026-11-27T09:28:00Z"}, "when": "1 min ago"'
prints '"had_secret": true'
prints '"secrets": 2}$'
! grep -q -e 482913 -e hunter2 out || fail "a secret in the JSON"
if command -v python3 >/dev/null; then
    python3 -c 'import json; d = json.load(open("out")); assert sum(g["n"] for g in d["groups"]) == d["n"] == 9' ||
        fail "not all notifications are accounted for"
fi

# Limits are said; so is what --app leaves out.
expect 0 "$ingle" notify -n 1 day.jsonl
prints '^and 8 more from 6 apps'
expect 0 "$ingle" notify -n 1 --json day.jsonl
prints '"left": 8, "left_apps": 6'
expect 0 "$ingle" notify --app signal --app Bank day.jsonl
says '6 of other apps were left out'
! grep -q Shop out || fail "an app that was not named"

# No notifications are no failure.
: >empty
expect 0 "$ingle" notify empty
prints '^No notifications.$'
expect 0 "$ingle" notify --json empty
prints '^{"groups": \[\], "n": 0'
printf '\n  \n' >blank
expect 0 "$ingle" notify blank
prints '^No notifications.$'

# Bad lines are left out, said once, and make the exit code 3; the rest is told.
bad() { # WORDS LINE
    printf '%s\n' '{"app":"A","title":"fine"}' "$2" '{"app":"A","body":"good"}' >bad.jsonl
    expect 3 "$ingle" notify bad.jsonl
    one_sentence
    says "Line 2 of bad.jsonl $1"
    prints 'good'
}
bad 'is not JSON' nonsense
bad 'is not JSON' '{"app":"A","title":"x"'
bad 'is not JSON' "$(printf '{"title":"\xff\xfe"}')"
bad 'is not JSON' '{"title":"a","title":"b"}'
bad 'is no JSON object' '[1]'
bad 'has neither "title" nor "body"' '{"app":"A"}'
bad 'has a "title" that is no text' '{"title":{}}'
bad 'has a "time"' '{"title":"x","time":"yesterday"}'
bad 'has a "time"' '{"title":"x","time":"2026-02-30T00:00:00Z"}'
bad 'has an "urgency"' '{"title":"x","urgency":"very"}'
bad 'has an "urgency"' '{"title":"x","urgency":3}'
bad 'is longer than 1 MiB' "{\"title\":\"$(head -c 1100000 /dev/zero | tr '\0' a)\"}"
bad 'too deeply nested or\|is not JSON' "$(head -c 2000 /dev/zero | tr '\0' '[')"
printf 'a\nb\nc\n{"title":"fine"}\n' >bad.jsonl
expect 3 "$ingle" notify bad.jsonl
one_sentence
says 'it and 2 other such lines were left out'
printf 'a\nb\n' >bad.jsonl
refused 3 'Line 1 of bad.jsonl' "$ingle" notify bad.jsonl
head -c 100000 /dev/urandom >noise
expect 3 "$ingle" notify noise
one_sentence
[ ! -s out ] || fail "a digest of noise: $(head -c 200 out)"

# What cannot be read at all.
mkfifo fifo
refused 4 'nothere' "$ingle" notify nothere
refused 3 'not a regular file' "$ingle" notify fifo
refused 3 'not a regular file' "$ingle" notify /dev/zero
refused 2 'one argument too many' "$ingle" notify day.jsonl day.jsonl
refused 2 'now' "$ingle" notify --now soon day.jsonl
refused 2 'max\|number' "$ingle" notify -n -1 day.jsonl
refused 4 'nothere.gguf' "$ingle" notify -m nothere.gguf day.jsonl
head -c 100000000 /dev/zero | tr '\0' x >long
refused 6 'longer than 64 MiB' "$ingle" notify long
rm long

# Nothing in a notification drives a terminal: not in a pipe, nor on one.
printf '%s\n' '{"app":"\u001b[2J","title":"\u001b]0;x\u0007","body":"a\u001b[31mred\u202e\nb\u009b1m"}' >escape.jsonl
expect 0 "$ingle" notify escape.jsonl
! LC_ALL=C grep -q "$(printf '[\033\007\302\233]')" out || fail "a control character came through"
if command -v script >/dev/null; then
    NO_COLOR=1 script -qec "$ingle notify escape.jsonl" /dev/null </dev/null >typed 2>&1
    ! grep -q "$(printf '\033')" typed || fail "an escape sequence on the terminal: $(cat -v typed)"
    env -u NO_COLOR TERM=xterm script -qec "$ingle notify day.jsonl" /dev/null </dev/null >typed 2>&1
    grep -q "$(printf '\033')\[1;31mUrgent" typed || fail "no colours on a terminal: $(cat -v typed)"
    script -qec "$ingle notify" /dev/null </dev/null >typed 2>&1
    grep -q 'Name a file' typed || fail "waits for a person to type JSON: $(cat -v typed)"
fi

# Ctrl-C while it waits for its input.
exec 3<>fifo
"$ingle" notify <fifo >out 2>err &
pid=$!
hears $pid
sleep 0.3
kill -INT $pid
code=0
wait $pid || code=$?
[ $code -eq 130 ] && [ ! -s out ] || fail "Ctrl-C: exit code $code"
exec 3>&-

# A full disk, a reader that is gone.
if [ -e /dev/full ]; then
    expect 6 bash -c '"$0" notify day.jsonl >/dev/full' "$ingle"
    one_sentence
fi

# A hundred thousand in a second or so; the sanitizers take more.
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "{\"app\":\"App%d\",\"title\":\"Person %d\",\"body\":\"Message number %d about the meeting on Friday, please bring the report. Can you?\",\"time\":%d}\n", i % 40, i % 300, i, 1795770000 + i }' >many
[ -z "$SANITIZED" ] || head -2000 many >few
[ -z "$SANITIZED" ] || mv few many
start=${EPOCHREALTIME/./}
expect 0 "$ingle" notify -n 5 many
ms=$(((${EPOCHREALTIME/./} - start) / 1000))
prints 'more from 3[0-9] apps\|more from 40 apps'
echo "$(wc -l <many) notifications: $ms ms"
[ -n "$SANITIZED" ] || [ "$ms" -lt 60000 ] || fail "$ms ms for $(wc -l <many) notifications"

# Ctrl-C while the digest is made: at once, and nothing half-written.
if [ -z "$SANITIZED" ]; then
    "$ingle" notify many >out 2>err &
    pid=$!
    hears $pid
    sleep 0.2
    kill -INT $pid 2>/dev/null
    code=0
    wait $pid || code=$?
    [ $code -eq 130 ] || [ $code -eq 0 ] || fail "Ctrl-C in a digest: exit code $code"
    [ $code -eq 0 ] || [ ! -s err ] || fail "words at Ctrl-C: $(cat err)"
fi
exit 0
