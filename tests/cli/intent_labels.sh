# ingle intent --labels: labels of one's own on a language model; the file of labels.
. "$(dirname "$0")/lib.sh"
model=$MODELS/chat.gguf

cat >labels <<'END'
pay_bill: pay an invoice or a bill
    my rent is due
    transfer 20 euros to the plumber
weather	what the weather is or will be
small talk
END

# One text; the same answer always; each confidence in order, all of them at most one.
ask() { expect 0 "$ingle" intent -m "$model" --labels labels "$@"; }
ask --json --top 3 "is it going to rain?"
prints '^{"text": "is it going to rain?", "intent": '
prints '"confidence": [01]'
prints '"top": \[{"intent": "'
for label in pay_bill weather 'small talk'; do prints "{\"intent\": \"$label\", \"confidence\""; done
[ ! -s "$tmp/err" ] || fail "something to say of a model"
answer() { sed 's/, "ms": [^,}]*//' "$tmp/out"; }
first=$(answer)
ask --json --top 3 "is it going to rain?"
[ "$(answer)" = "$first" ] || fail "another answer to the same"
ask "is it going to rain?"
[ "$(wc -l <"$tmp/out")" -eq 1 ] || fail "not one line"

# A text a line; the labels' work is done once.
printf 'is it going to rain?\npay the plumber\nhello\n' >"$tmp/in"
ask --json --top 3 -
[ "$(wc -l <"$tmp/out")" -eq 3 ] || fail "not three answers"
[ "$(head -1 "$tmp/out" | sed 's/, "ms": [^,}]*//')" = "$first" ] || fail "another answer in a row"

# Another set, another choice.
printf 'yes\nno\n' >few
expect 0 "$ingle" intent -m "$model" --labels few --json "shall we"
prints '"intent": \(null\|"yes"\|"no"\)'

# Without a model: the built-in encoder, which is said; or what is missing.
code=0
"$ingle" intent --labels labels --json "is it going to rain?" </dev/null >out 2>err || code=$?
case $code in
0) grep -q 'sentence encoder' err && grep -q '"intent"' out || fail "the encoder: $(cat err)" ;;
4) grep -q 'need a language model' err && [ ! -s out ] || fail "no encoder: $(cat err)" ;;
*) fail "exit code $code without a model: $(cat err)" ;;
esac

# Files of labels that are none.
refuse() { refused "$1" "$2" "$ingle" intent -m "$model" --labels "$3" hello; }
refuse 4 'missing' missing
: >empty
refuse 3 "'empty' has no labels" empty
printf 'a\n' >one
refuse 3 "'one' has one label" one
printf 'a\nb\na: again\n' >twice
refuse 3 "Line 3 of 'twice': the label 'a' is there already, in line 1" twice
printf 'a\nb\377\n' >latin
refuse 3 "Line 2 of 'latin': the bytes are no UTF-8" latin
printf '  x\na\nb\n' >example
refuse 3 "Line 1 of 'example': an example that stands under no label" example
refuse 3 'not a regular file' .
truncate -s 100M huge
refuse 6 'longer than' huge
rm huge
head -c 200000 /dev/zero | tr '\0' 'x' >long
printf '\nb\n' >>long
refuse 3 'longer than 256 bytes' long
refused 6 'context holds' "$ingle" intent -m "$model" --labels labels -c 100 hello
refused 2 'pack' "$ingle" intent -m "$model" --labels labels --pack x hello
exit 0
