# ingle redact: personal data out, placeholders in, and back; ingle learn tagger makes what finds it.
. "$(dirname "$0")/lib.sh"

# A tagger that knows names behind "met" and "call": what follows depends on no model but this.
i=0
for name in Ada Bob Zoe Kim Eva Tom Ann Max; do
    for verb in met call; do
        echo "{\"text\": \"we $verb $name again\", \"spans\": [{\"from\": $((4 + ${#verb})), \"to\": $((4 + ${#verb} + ${#name})), \"label\": \"person name\"}]}"
    done
    echo '{"text": "the sun is out again"}'
done >names.jsonl
for i in 1 2 3 4 5 6; do cat names.jsonl; done >more.jsonl
expect 0 "$ingle" learn tagger --data more.jsonl -o names.pack -t 2
prints '^.* texts, 1 labels'
expect 0 "$ingle" learn tagger --data more.jsonl -o again.pack -t 1
cmp -s names.pack again.pack || fail "another tagger with another number of threads"
redact="$ingle redact --pack names.pack"

# The whole way, and back to the byte.
printf 'we met Ada, mail ada@x.org.\n\n[PERSON_NAME_1] we call ADA: +49 30 1234567\nno line end' >letter.txt
expect 0 $redact letter.txt --map letter.map
printf 'we met [PERSON_NAME_2], mail [EMAIL_ADDRESS_1].\n\n[PERSON_NAME_1] we call [PERSON_NAME_2]: [PHONE_NUMBER_1]\nno line end' >want
cmp -s want "$tmp/out" || fail "another text: $(cat "$tmp/out")"
[ "$(stat -c %a letter.map)" = 600 ] || fail "others can read the map"
cp "$tmp/out" redacted.txt
expect 0 "$ingle" redact redacted.txt --restore letter.map
cmp -s letter.txt "$tmp/out" || fail "not what it was: $(cat "$tmp/out")"
echo 'Dear [PERSON_NAME_2] and [PERSON_NAME_9]' >"$tmp/in"
expect 0 "$ingle" redact - --restore letter.map
prints '^Dear Ada and \[PERSON_NAME_9\]$'

# Standard input; kinds; JSON with the bytes of the spans.
cp letter.txt "$tmp/in"
expect 0 $redact --only EMAIL_ADDRESS,PHONE_NUMBER
prints '^we met Ada, mail \[EMAIL_ADDRESS_1\]\.$'
cp letter.txt "$tmp/in"
expect 0 $redact --keep PERSON_NAME -
prints 'we call ADA: \[PHONE_NUMBER_1\]$'
printf '\303\251: a@b.de' >"$tmp/in"
expect 0 $redact --json
prints '^{"text": "é: \[EMAIL_ADDRESS_1\]", "spans": \[{"from": 4, "to": 10, "kind": "EMAIL_ADDRESS", "text": "a@b.de", "by": "rule", "confidence": 1}\]}$'
echo 'we met Eva' >"$tmp/in"
expect 0 $redact --json
prints '"kind": "PERSON_NAME", "text": "Eva", "by": "model", "confidence": [01]'
: >empty.txt
expect 0 $redact empty.txt
[ ! -s "$tmp/out" ] || fail "something out of nothing"

# What was found in one place goes in the other too, and comes back.
for i in 1 2 3 4 5 6 7 8; do
    echo '{"text": "we met Zoe Castellanos again", "spans": [{"from": 7, "to": 22, "label": "person"}]}'
    echo '{"text": "the sun is out again"}'
done >full.jsonl
for i in 1 2 3 4 5 6; do cat full.jsonl; done >many.jsonl
expect 0 "$ingle" learn tagger --data many.jsonl -o full.pack
echo "we met Zoe Castellanos again and Castellanos' dog, Zoe's cat, ZOE  CASTELLANOS" >twice.txt
expect 0 "$ingle" redact twice.txt --pack full.pack --map twice.map
prints "^we met \[PERSON_1\] again and \[PERSON_2\]' dog, \[PERSON_3\]'s cat, \[PERSON_1\]$"
cp "$tmp/out" redacted.txt
expect 0 "$ingle" redact redacted.txt --restore twice.map
cmp -s twice.txt "$tmp/out" || fail "not what it was: $(cat "$tmp/out")"
expect 0 "$ingle" redact twice.txt --pack full.pack --json
prints '"text": "Zoe Castellanos", "by": "model"'
prints '"text": "ZOE  CASTELLANOS", "by": "repetition"'
expect 0 "$ingle" redact twice.txt --pack full.pack --keep PERSON
cmp -s twice.txt "$tmp/out" || fail "repetitions of what is to stay were replaced"

# With nothing but the binary: the built-in tagger, or the rules alone, which is said.
printf 'Call Ada on +49 30 1234567.' >"$tmp/in"
expect 0 "$ingle" redact
prints '\[PHONE_NUMBER_1\]'
if [ -s "$tmp/err" ]; then one_sentence; says 'no tagger'; fi

# What goes wrong is one sentence, and no map is left behind.
printf 'a\0b' >binary.bin
refused 3 'zero byte at 1' $redact binary.bin --map new.map
printf 'ab\377c' >latin.txt
refused 3 'no UTF-8 from byte 2' $redact latin.txt --map new.map
refused 4 'missing.txt' $redact missing.txt --map new.map
refused 3 'not a regular file' $redact .
refused 2 'There is no kind .NAME.' $redact letter.txt --only NAME --map new.map
refused 2 'not both' $redact letter.txt --only PERSON_NAME --keep PERSON_NAME
refused 2 'no other option' "$ingle" redact letter.txt --restore letter.map --json
refused 2 'One file' $redact letter.txt letter.txt
refused 4 'nowhere' "$ingle" redact letter.txt --pack nowhere
refused 3 'GGUF' "$ingle" redact letter.txt --pack letter.txt
[ ! -e new.map ] || fail "half a map"
refused 4 'folder/x' $redact letter.txt --map folder/x
echo '{}' >bad.map
refused 3 'no map' "$ingle" redact letter.txt --restore bad.map
echo '{' >bad.map
refused 3 'bad.map' "$ingle" redact letter.txt --restore bad.map
head -c 70000000 /dev/zero | tr '\0' 'a' >large.txt
refused 6 '64 MiB' $redact large.txt

# Bad data for a tagger: the line is named and nothing is written.
bad_data() { # JSON SENTENCE
    printf '{"text": "x"}\n%s\n' "$1" >bad.jsonl
    refused 3 "$2" "$ingle" learn tagger --data bad.jsonl -o bad.pack
    [ ! -e bad.pack ] || fail "half a pack"
}
bad_data '{"text": "a", "spans": [{"from": 0, "to": 2, "label": "A"}]}' 'Line 2'
bad_data '{"text": "a", "spans": [{"from": 0, "to": 1, "label": ""}]}' 'Line 2.*label'
bad_data '{"text": "ab", "spans": [{"from": 0, "to": 2, "label": "A"}, {"from": 1, "to": 2, "label": "B"}]}' 'Line 2.*overlap'
bad_data '{"text": "a"}' 'no span'
refused 2 'tagger alone' "$ingle" learn text --data bad.jsonl --words bad.jsonl -o bad.pack
exit 0
