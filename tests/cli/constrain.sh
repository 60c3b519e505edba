# ingle constrain and ingle run under constraints.
. "$(dirname "$0")/lib.sh"

cat >person.json <<'EOF'
{"type": "object", "properties": {"name": {"type": "string", "maxLength": 20},
 "age": {"type": "integer", "minimum": 0, "maximum": 150}, "mood": {"enum": ["good", "bad"]}},
 "required": ["name", "age", "mood"], "additionalProperties": false}
EOF
printf '{"name": "Ann", "age": 41, "mood": "bad"}' >right.json
printf '{"name": "Ann", "age": -1, "mood": "bad"}' >wrong.json

# One text: true and false, exit 0 and 1; over bytes and over a model's tokens.
for model in "" "-m $tiny"; do
    # shellcheck disable=SC2086  # no model is no argument
    expect 0 "$ingle" constrain --schema person.json $model --text right.json
    [ "$(cat "$tmp/out")" = true ] && [ ! -s "$tmp/err" ] || fail "not true"
    # shellcheck disable=SC2086
    expect 1 "$ingle" constrain --schema person.json $model --text wrong.json
    [ "$(cat "$tmp/out")" = false ] || fail "not false"
    one_sentence
    says "'wrong.json' cannot be generated"
done
printf '\n {"mood":"bad" , "name":"","age":1e1}\t' >"$tmp/in"
expect 0 "$ingle" constrain --schema person.json --text -

# A grammar, an expression, choices; every byte counts there.
printf 'root ::= [a-z]+ "!"?\n' >word.gbnf
printf 'hello!' >hello
printf 'hello!\n' >line
expect 0 "$ingle" constrain --grammar word.gbnf --text hello
expect 1 "$ingle" constrain --grammar word.gbnf --text line
expect 0 "$ingle" constrain --regex 'h.*!' --text hello
expect 1 "$ingle" constrain --regex 'h.*' --text line
expect 0 "$ingle" constrain --choice bye --choice 'hello!' --text hello
expect 1 "$ingle" constrain --choice hello --text hello

# Many texts, a JSON string a line.
printf '"{}"\n"{\\"name\\":\\"\\\\u00e9\\",\\"age\\":1,\\"mood\\":\\"good\\"}"\n  "x"' >texts.jsonl
expect 0 "$ingle" constrain --schema person.json --texts texts.jsonl
[ "$(tr '\n' ' ' <"$tmp/out")" = "false true false " ] || fail "verdicts: $(cat "$tmp/out")"
: >empty
expect 0 "$ingle" constrain --schema person.json --texts empty
[ ! -s "$tmp/out" ] || fail "verdicts of no texts"

# Not supported: refused with the place of the keyword; for many texts that is the verdict.
printf '{"properties": {"a": {"$dynamicRef": "#x"}}}' >unsupported.json
# What only the machine cannot run exactly is refused by its place too.
cat >unique.json <<'END'
{"properties": {"l": {"type": "array", "uniqueItems": true, "items": {"type": "object",
 "properties": {"a": {"enum": [1, 2]}}, "required": ["a"], "additionalProperties": false}}}}
END
echo '{}' >empty.json
refused 5 "refused at '#/properties/l': uniqueItems" "$ingle" constrain --schema unique.json --text empty.json
refused 5 '#/properties/a/$dynamicRef' "$ingle" constrain --schema unsupported.json --text right.json
expect 0 "$ingle" constrain --schema unsupported.json --texts texts.jsonl
[ "$(tr '\n' ' ' <"$tmp/out")" = "null null null " ] || fail "verdicts: $(cat "$tmp/out")"
one_sentence
says '#/properties/a/$dynamicRef'
printf '{"minimum": 2, "maximum": 1, "type": "number"}' >nothing.json
expect 5 "$ingle" constrain --schema nothing.json --text right.json
one_sentence
printf 'root ::= root "a" | "b"\n' >left.gbnf
expect 5 "$ingle" constrain --grammar left.gbnf --text hello
one_sentence
expect 5 "$ingle" constrain --regex '(a)\1' --text hello
one_sentence

# Broken: exit 3 and the place.
printf '{"type": ' >broken.json
refused 3 '.' "$ingle" constrain --schema broken.json --text right.json
refused 3 '.' "$ingle" constrain --schema broken.json --texts texts.jsonl
printf 'root ::= "a\n' >broken.gbnf
refused 3 '.' "$ingle" constrain --grammar broken.gbnf --text hello
refused 3 '.' "$ingle" constrain --regex '(' --text hello
printf '"a"\n17\n' >"$tmp/in"
expect 3 "$ingle" constrain --regex a --texts -
[ "$(cat "$tmp/out")" = true ] || fail "no verdict before a line that is none"
says 'Text 2 is no JSON string'
refused 4 'missing.json' "$ingle" constrain --schema missing.json --text hello
refused 4 'missing' "$ingle" constrain --schema person.json --text missing

# Usage.
refused 2 'constraint is missing' "$ingle" constrain --text hello
refused 2 'one of --text and --texts' "$ingle" constrain --regex a
refused 2 'one of --text and --texts' "$ingle" constrain --regex a --text hello --texts hello
refused 2 'one of --schema' "$ingle" constrain --regex a --choice a --text hello

# Generating: what comes out is what constrain accepts, whatever the model is.
generate() { expect 0 "$ingle" run -m "$tiny" -p abc --temp 2 --top-k 0 --top-p 1 --min-p 0 "$@"; }
for seed in 1 2 3 4 5 6; do
    generate --seed "$seed" -n 150 --schema person.json
    cp "$tmp/out" answer
    expect 0 "$ingle" constrain --schema person.json -m "$tiny" --text answer
    generate --seed "$seed" -n 150 --schema person.json -t 1
    cmp -s answer "$tmp/out" || fail "one thread, another text"
    generate --seed "$seed" -n 20 --grammar word.gbnf
    cp "$tmp/out" answer
    expect 0 "$ingle" constrain --grammar word.gbnf --text answer
    generate --seed "$seed" --choice yes --choice no --choice "the thing" --json
    tail -1 "$tmp/out" | grep -q '"reason": "end", .*"closed": false' || fail "no end: $(tail -1 "$tmp/out")"
done
generate --seed 1 -n 4 --regex '[0-9]{4}'
grep -qx '[0-9][0-9][0-9][0-9]' "$tmp/out" || fail "no four digits: $(cat "$tmp/out")"
[ ! -s "$tmp/err" ] || fail "something to say of a whole answer"

# Too few tokens for what the model would say: closed, and said. For any text at all: refused.
generate --seed 1 -n 60 --schema person.json --logit-bias 32=100
one_sentence
says 'was closed'
cp "$tmp/out" answer
expect 0 "$ingle" constrain --schema person.json --text answer
expect 5 "$ingle" run -m "$tiny" -p abc -n 5 --schema person.json
one_sentence
says 'more than the 5 tokens'
[ "$(tr -d '\n' <"$tmp/out" | wc -c)" -eq 0 ] || fail "text under a constraint that does not fit"
refused 5 '#/properties/a/$dynamicRef' "$ingle" run -m "$tiny" -p abc --schema unsupported.json
refused 2 "ignore_end and constraint" "$ingle" run -m "$tiny" -p abc --regex "a*" --ignore-end
