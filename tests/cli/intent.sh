# ingle learn intents and ingle intent: from a file of examples to answers, and all that is wrong
# with files, packs and texts.
. "$(dirname "$0")/lib.sh"

{
    echo text,label
    for room in kitchen hall attic garage garden bedroom; do
        echo "turn on the lamp in the $room,on"
        echo "\"light up the $room, please\",on"
        echo "turn off the lamp in the $room,off"
        echo "make the $room dark,off"
        echo "how warm is it in the $room,warmth"
        echo "temperature of the $room,warmth"
    done
    for none in 'who wrote hamlet' 'sing a song' 'two plus two' 'what is love'; do echo "$none,"; done
} >rooms.csv

# Learning says how it goes, and how well.
expect 0 "$ingle" learn intents --data rooms.csv -o rooms.pack --name Rooms --json
prints '^{"examples": 40, "out_of_scope": 4, "labels": 3, "repeated": 0, "contradictory": 0, '
prints '"held_out": {"accuracy": [01]'
says 'held out'
accuracy=$(sed 's/.*"accuracy_if_all_in_scope": \([0-9.]*\).*/\1/' "$tmp/out")
awk "BEGIN { exit !($accuracy >= 0.85) }" || fail "a held-out accuracy of $accuracy"
[ "$(stat -c %a rooms.pack)" = 600 ] || fail "a pack that others can read"
expect 0 "$ingle" show rooms.pack
prints 'Rooms'

# The same seed and data: the same bytes, with any number of threads.
expect 0 "$ingle" learn intents --data rooms.csv -o again.pack --name Rooms -t 1
prints '^3 labels, 36 examples and 4 out of scope, 0\.[0-9] MB; of examples held out'
cmp rooms.pack again.pack || fail "another pack from the same data"

# Answers: for people, for programs, a line at a time.
expect 0 "$ingle" intent --pack rooms.pack Turn off the lamp in the cellar
prints '^off  [0-9]* %$'
expect 0 "$ingle" intent --pack rooms.pack --json "turn on the lamp in the hall"
prints '^{"text": "turn on the lamp in the hall", "intent": "on", "confidence": [0-9.e-]*, "ms": [0-9.e-]*}$'
expect 0 "$ingle" intent --pack rooms.pack --json --top 2 "temperature of my shed"
prints '"intent": "warmth".*"top": \[{"intent": "warmth", "confidence": [0-9.e-]*}, {"intent": "o[nf]*"'
expect 0 "$ingle" intent --pack rooms.pack --json "sing a song about love"
prints '"intent": null'
expect 0 "$ingle" intent --pack rooms.pack "sing a song about love"
prints '^none of these (most like '
printf 'make the hall dark\r\n\nlight up the attic, please' >"$tmp/in"
expect 0 "$ingle" intent --pack rooms.pack --json -
[ "$(wc -l <"$tmp/out")" -eq 3 ] || fail "not an answer a line"
sed -n 1p "$tmp/out" | grep -q '"text": "make the hall dark", "intent": "off"' || fail "line 1"
sed -n 2p "$tmp/out" | grep -q '"text": "", ' || fail "line 2"
sed -n 3p "$tmp/out" | grep -q '"intent": "on"' || fail "line 3"
printf 'make the\nhall dark' >text
expect 0 "$ingle" intent --pack rooms.pack --json @text
prints '"text": "make the\\nhall dark", "intent": "off"'
printf 'lamp \377\376 on\n' >"$tmp/in" # no UTF-8: U+FFFD
expect 0 "$ingle" intent --pack rooms.pack --json -

# A line is answered before the next one comes.
mkfifo asked answered
"$ingle" intent --pack rooms.pack --json - <asked >answered &
exec 3>asked 4<answered
for i in 1 2 3; do
    echo "make the hall dark $i" >&3
    read -r -t "$patience" reply <&4 || fail "no answer to line $i while the input is open"
done
exec 3>&-
wait $! || fail "the end of the input is no failure"
exec 4<&-

# What is no text, or too much of it.
refused 2 'TEXT is missing' "$ingle" intent --pack rooms.pack
refused 3 'empty' "$ingle" intent --pack rooms.pack ' '
head -c 2000000 /dev/zero | tr '\0' x >"$tmp/in"
refused 6 'standard input' "$ingle" intent --pack rooms.pack -
head -c 70000000 /dev/zero | tr '\0' x >long
refused 6 "'long'" "$ingle" intent --pack rooms.pack @long
rm long
refused 4 'missing' "$ingle" intent --pack missing lamp

# What is no pack of intents.
refused 3 'is no pack' "$ingle" intent --pack "$tiny" lamp
printf 'GGUF' >short
refused 3 "'short'" "$ingle" intent --pack short lamp
for size in 100 2000 20000; do
    head -c $size rooms.pack >cut
    refused 3 "'cut'" "$ingle" intent --pack cut lamp
done

# Files of examples that are none: a sentence with the line, and nothing is made.
refuse() {
    refused "$1" "$2" "$ingle" learn intents --data "$3" -o none.pack
    [ ! -e none.pack ] || fail "a pack of $3"
}
: >data && refuse 3 "'data' is empty" data
printf 'a,x\nb,x\n' >data && refuse 3 'only one label' data
printf 'a,x\nb,x\nc,y\n' >data && refuse 3 "'y' has 1 example" data
printf 'a,x\nb,x\nc,y\nd,y\na,y\n' >data && refuse 3 'Line 5 .* line 1 ' data
printf 'a,x\nb\n' >data && refuse 3 "Line 2 of 'data' has 1 field" data
printf 'a,x\n\377,x\n' >data && refuse 3 "Line 2 of 'data' is no UTF-8" data
printf '{"text": "a", "label": "x"}\n{"text": 3}\n' >data && refuse 3 "Line 2 of 'data'" data
head -c 4096 /dev/urandom >data && refuse 3 "'data'" data
head -c 70000000 /dev/zero >data && refuse 6 "'data'" data
rm data
refuse 4 'data' data
mkdir folder && refuse 3 'folder' folder
refused 2 'data is missing' "$ingle" learn intents -o none.pack
refused 2 'o is missing' "$ingle" learn intents --data rooms.csv

# What is said twice is said.
{ cat rooms.csv; sed -n 2,4p rooms.csv; } >twice.csv
expect 0 "$ingle" learn intents --data twice.csv -o twice.pack --json
prints '"repeated": 3'
says '3 examples are said twice; counted once.'

# Ctrl-C leaves nothing behind, and what was there is unharmed.
cp rooms.pack kept.pack
for i in $(seq 60); do sed "1d; s/,/ $i,/" rooms.csv | grep -v '^"'; done >many.csv
"$ingle" learn intents --data many.csv -o kept.pack >out 2>err &
hears $!
sleep 0.5
kill -INT $!
code=0
wait $! || code=$?
[ "$code" -eq 130 ] || fail "exit code $code after Ctrl-C"
cmp rooms.pack kept.pack || fail "another pack after Ctrl-C"
[ -z "$(ls -A | grep 'kept.pack.')" ] || fail "something is left behind"

# A full disk.
if [ -c /dev/full ]; then
    printf 'one two,x\nthree four,x\nfive six,y\nseven eight,y\n' >few.csv
    expect 6 "$ingle" learn intents --data few.csv -o /dev/full
    says '/dev/full'
fi
