# ingle draft on a tiny random model: the form is there whatever the model writes.
. "$(dirname "$0")/lib.sh"
model=$MODELS/chat.gguf

expect 0 "$ingle" draft -m "$model" email --to Ana --about "the invoice is late" -n 40
[ "$(head -1 "$tmp/out" | grep -c '^Subject: ..*')" -eq 1 ] || fail "no subject"
grep -q '^\[your name\]$' "$tmp/out" || fail "no place for the sender's name"
says '^ingle draft: To fill in: .*\[your name\]\.$'
cp "$tmp/out" first
expect 0 "$ingle" draft -m "$model" email --to Ana "the invoice" is late -n 40
cmp -s first "$tmp/out" || fail "words after the kind, another draft"

printf 'From: Ana Silva <ana@example.com>\nSubject: Lunch?\n\nWhen are you free?\n' >thread
expect 0 "$ingle" draft -m "$model" reply --context thread -n 20
prints '^Subject: Re: Lunch?$'
cp thread "$tmp/in"
expect 0 "$ingle" draft -m "$model" reply --context - -n 20 --json
prints '^{"subject": "Re: Lunch?", "body": ".*", "placeholders": \[.*\], "was_cut": \(true\|false\)}$'
expect 0 "$ingle" draft -m "$model" note "call the plumber" -n 20 --json
prints '^{"subject": "", '
expect 0 "$ingle" draft -m "$model" message "running late" -n 10
grep -q '^Subject' "$tmp/out" && fail "a message with a subject"

# Bad input.
refused 4 'model' "$ingle" draft email --about x
refused 2 'email, reply, message or note' "$ingle" draft -m "$model"
refused 2 "did you mean 'email'" "$ingle" draft -m "$model" emial --about x
refused 2 '\-\-context' "$ingle" draft -m "$model" reply
refused 2 '\-\-about' "$ingle" draft -m "$model" email
refused 2 'not both' "$ingle" draft -m "$model" email x --about y
refused 4 'nothere' "$ingle" draft -m "$model" note x --context nothere
printf 'a\377b' >latin
refused 3 'no UTF-8' "$ingle" draft -m "$model" note x --context latin
printf 'a\0b' >zero
refused 3 'zero is not text' "$ingle" draft -m "$model" note x --context zero
refused 3 'What the draft is about is not text' "$ingle" draft -m "$model" note --about @zero
refused 3 'What the draft is about is not text' "$ingle" draft -m "$model" note @latin
head -c 40000 /dev/zero | tr '\0' a >long
refused 6 'tokens' "$ingle" draft -m "$model" note x --context long

# Ctrl-C.
"$ingle" draft -m "$MODELS/lasting.gguf" message "a long one" -n 16000 -c 16384 --context thread >out 2>err &
pid=$!
hears $pid
sleep 0.5
kill -INT "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 130 ] || fail "exit code $code instead of 130"
exit 0
