# ingle logits: rows of 320 float32 for the tiny model.
. "$(dirname "$0")/lib.sh"

expect 0 "$ingle" logits -m "$tiny" --tokens 1,2,3 -o last
[ ! -s "$tmp/out" ] || fail "output although -o is given"
[ "$(wc -c <last)" -eq 1280 ] || fail "the last row has $(wc -c <last) bytes"
expect 0 "$ingle" logits -m "$tiny" --tokens 1,2,3 --all -o all
[ "$(wc -c <all)" -eq 3840 ] || fail "all rows have $(wc -c <all) bytes"
tail -c 1280 all | cmp -s - last || fail "--all ends with another row"
expect 0 "$ingle" logits -m "$tiny" --tokens 1,2 -o -
cp "$tmp/out" second
head -c 2560 all | tail -c 1280 | cmp -s - second || fail "a prefix gives another row"
for threads in 1 2 7; do
    expect 0 "$ingle" logits -m "$tiny" --tokens 1,2,3 --all -t "$threads" -o again
    cmp -s all again || fail "$threads threads, other bytes"
done
# More rows than are computed at once; the list from a file.
seq -s, 1 100 >list
expect 0 "$ingle" logits -m "$tiny" --tokens @list --all -o many
[ "$(wc -c <many)" -eq 128000 ] || fail "100 rows have $(wc -c <many) bytes"
head -c 3840 many | cmp -s - all || fail "the first rows of many differ"

# The likeliest tokens, in order, with the numbers of the row.
expect 0 "$ingle" logits -m "$tiny" --tokens 1,2,3 --top 3
prints '^{"n_vocab": 320, "rows": \[{"position": 2, "top": \[{"id": [0-9]*, "piece": '
[ "$(grep -o '"logprob"' "$tmp/out" | wc -l)" -eq 3 ] || fail "not three tokens"
grep -o '"logit": [^,]*' "$tmp/out" | cut -d' ' -f2 >top
sort -g -r top | cmp -s - top || fail "the logits do not fall"
od -An -v -w4 -tf4 last | sort -g -r | head -3 >expected
paste top expected | awk '{ d = $1 - $2; if (d > 1e-4 || d < -1e-4) exit 1 }' ||
    fail "--top has other numbers than -o: $(paste top expected)"
expect 0 "$ingle" logits -m "$tiny" --tokens 1,2,3 --all --json
[ "$(grep -o '"logprob"' "$tmp/out" | wc -l)" -eq 30 ] || fail "not ten tokens for each row"
expect 0 "$ingle" logits -m "$tiny" --tokens 1 --top 2147483647
[ "$(grep -o '"logprob"' "$tmp/out" | wc -l)" -eq 320 ] || fail "not all tokens"
expect 0 "$ingle" logits -m "$tiny" --tokens 1,2,3 --top 1 -o top.json
[ "$(wc -l <top.json)" -eq 1 ] || fail "-o and --top: no line of JSON in the file"

refused 2 'tokens is missing' "$ingle" logits -m "$tiny" -o x
refused 2 'Say where' "$ingle" logits -m "$tiny" --tokens 1
refused 2 'vocabulary has 0 to 319' "$ingle" logits -m "$tiny" --tokens 320 --top 1
refused 2 'Token 60 is 320' "$ingle" logits -m "$tiny" --tokens "$(seq -s, 1 60),320" --all -o -
refused 2 'entry 2 is' "$ingle" logits -m "$tiny" --tokens 1,-2 --top 1
refused 2 'entry 1 is' "$ingle" logits -m "$tiny" --tokens 2147483648 --top 1
refused 6 'holds 4 tokens and 5 ' "$ingle" logits -m "$tiny" --tokens 1,2,3,4,5 -c 4 --all -o x
[ ! -e x ] || fail "a refused command leaves its file"
exit 0
