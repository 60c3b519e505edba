# ingle rewrite on a tiny random model: hardly anything it says passes, and what is no prose stays.
. "$(dirname "$0")/lib.sh"
model=$MODELS/chat.gguf

cat >letter.md <<'END'
---
title: A letter
---

# A letter

Dear Ana, I has went to the office on 5 March 2024, see [the docs](a.md).

- first item here
- second item here

```c
int x = 1;
```
END

# A pipe gets the text; every block that stayed is named.
expect 0 "$ingle" rewrite -m "$model" --as proofread letter.md
cmp -s "$tmp/out" letter.md || fail "the text is not as it was"
says "^ingle rewrite: Line 7 stays as it was\. The model's answer .*\.\$"
[ "$(wc -l <"$tmp/err")" -eq 4 ] || fail "not one sentence a block"
cp letter.md "$tmp/in"
expect 0 "$ingle" rewrite -m "$model" --as proofread -
cmp -s "$tmp/out" letter.md || fail "standard input, another text"
structure() { # of a file: all lines that are no prose
    [ "$(grep -c -e '^---$' -e '^title: A letter$' -e '^```c$' -e '^int x = 1;$' -e '^- .' "$1")" -eq 7 ] ||
        fail "the structure of the text is gone: $(cat "$1")"
}
cp letter.md "$tmp/in"
expect 0 "$ingle" rewrite -m "$model" --as "write it as a poem"
structure "$tmp/out"
expect 0 "$ingle" rewrite -m "$model" --as plain letter.md -o new.md
[ ! -s "$tmp/out" ] || fail "-o and yet something on standard output"
structure new.md
grep -q '^# A letter$' new.md || fail "a heading changed"

# JSON.
expect 0 "$ingle" rewrite -m "$model" --as concise letter.md --json
prints '^{"text": "---\\ntitle: A letter.*"blocks": \[{"line": 7, "old": "Dear Ana.*"kept_because": "'
prints '"n_blocks": 3, "n_changed": [0-9]*, "n_kept": [0-9]*, "n_retried": [0-9]*}$'
[ ! -s "$tmp/err" ] || fail "sentences besides the JSON"

# Texts without anything to rewrite.
: >empty
expect 0 "$ingle" rewrite -m "$model" --as plain empty
[ ! -s "$tmp/out" ] || fail "something of nothing"
printf '```\ncode is all there is\n```\n' >code.md
expect 0 "$ingle" rewrite -m "$model" --as plain code.md
cmp -s "$tmp/out" code.md || fail "code changed"
[ ! -s "$tmp/err" ] || fail "words about code"

# Bad input.
refused 4 'model' "$ingle" rewrite --as plain letter.md
refused 4 'nothere' "$ingle" rewrite -m "$model" --as plain nothere.md
refused 2 '\-\-as' "$ingle" rewrite -m "$model" letter.md
refused 2 "did you mean 'formal'" "$ingle" rewrite -m "$model" --as formel letter.md
refused 2 'One file at a time' "$ingle" rewrite -m "$model" --as plain letter.md letter.md
printf 'text \377 and more' >latin.md
refused 3 'byte 5' "$ingle" rewrite -m "$model" --as plain latin.md
head -c 3000 "$model" >binary.md
refused 3 'no UTF-8' "$ingle" rewrite -m "$model" --as plain binary.md
refused 3 '' "$ingle" rewrite -m "$model" --as plain /dev/null
head -c 100000000 /dev/zero | tr '\0' 'a' >huge.md
expect 6 "$ingle" rewrite -m "$model" --as plain huge.md
one_sentence
rm huge.md

# Ctrl-C: nothing half-written is left.
for i in $(seq 400); do printf 'Paragraph number %d has some words.\n\n' "$i"; done >long.md
mkdir folder
"$ingle" rewrite -m "$model" --as plain long.md -o folder/new.md >out 2>err &
pid=$!
hears $pid
sleep 0.5
kill -INT "$pid" 2>/dev/null || fail "ended before the interrupt"
code=0
wait "$pid" || code=$?
[ "$code" -eq 130 ] || fail "exit code $code instead of 130"
[ -z "$(ls -A folder)" ] || fail "something half-written is left"
exit 0
