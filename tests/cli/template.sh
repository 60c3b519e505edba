# ingle template: the prompt byte for byte, from a template's file or a model.
. "$(dirname "$0")/lib.sh"

cat >chat.json <<'END'
[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "<|end|> {{ 1 }}"}]
END
cat >chat.jinja <<'END'
{%- for m in messages %}
<|{{ m.role }}|>{{ m.content }}<|end|>
{%- endfor %}
{%- if tools %}[{{ tools|length }}]{% endif %}
{%- if add_generation_prompt %}
<|assistant|>
{% endif %}
{{- x }}{{ bos_token }}
END

# Nothing is added, not even a line end.
expect 0 "$ingle" template --template chat.jinja --messages chat.json
printf '<|system|>Be brief.<|end|><|user|><|end|> {{ 1 }}<|end|><|assistant|>\n' >want
cmp -s want "$tmp/out" || fail "another prompt: $(cat "$tmp/out")"
cp chat.json "$tmp/in"
expect 0 "$ingle" template --template chat.jinja --messages - --no-generation-prompt
printf '<|system|>Be brief.<|end|><|user|><|end|> {{ 1 }}<|end|>' >want
cmp -s want "$tmp/out" || fail "another prompt: $(cat "$tmp/out")"

# Variables are JSON or strings; the object of the messages may have them too.
expect 0 "$ingle" template --template chat.jinja --messages chat.json --var x=[1.0] --var 'bos_token=<s>'
prints '^\[1.0\]<s>$'
expect 0 "$ingle" template --template chat.jinja --messages chat.json --var 'x=a"\b'
prints '^a"\\b$'
echo '{"messages": [], "x": "y", "tools": [{}]}' >object.json
expect 0 "$ingle" template --template chat.jinja --messages object.json
prints '^\[1\]<|assistant|>$'
echo '[{}, {}]' >tools.json
expect 0 "$ingle" template --template chat.jinja --messages object.json --tools tools.json
prints '^\[2\]<|assistant|>$'

# What is malformed is named by its place, and nothing is printed.
malformed() { # JSON SENTENCE
    echo "$1" >bad.json
    refused 3 "$2" "$ingle" template --template chat.jinja --messages bad.json
}
malformed '[{"role": "user", "content": "a"}, 5]' 'Message 1 is no object'
malformed '[{"content": "a"}]' 'Message 0 has no role'
malformed '[{"role": "wizard", "content": "a"}]' "Message 0 has the role 'wizard', which is unknown"
malformed '[{"role": "user", "content": 5}]' 'Message 0 has a content that is no string'
malformed '[{"role": "user", "content": [{"text": "a"}]}]' 'Message 0 has a part of its content'
malformed '[{"role": "assistant", "tool_calls": [5]}]' 'Message 0 has a tool call that is no object'
malformed '{"messages": [], "tools": [5]}' 'Tool 0 is neither an object nor a string'
refused 2 'NAME=VALUE' "$ingle" template --template chat.jinja --messages chat.json --var x
refused 2 "'tools' is given by" "$ingle" template --template chat.jinja --messages chat.json --var tools=[]

# Where the parts come from.
echo '{{ messages[0].content }}!' >short.jinja
expect 0 "$ingle" template --template short.jinja --messages chat.json --json
prints '^{"text": "Be brief.!", "spans": \[{"start": 0, "len": 9, "is_data": true}, {"start": 9, "len": 1, "is_data": false}\]}$'

# A template in JSON, a fixed time, a model's own template.
echo '{"chat_template": "{{ strftime_now(\"%d %b %Y\") }}"}' >chat_template.json
expect 0 "$ingle" template --template chat_template.json --messages chat.json --now 2026-01-31T12:00:00
prints '^31 Jan 2026$'
# Else the present, in the person's time zone: 26 hours apart it is another day.
east=$(TZ=EEE-14 "$ingle" template --template chat_template.json --messages chat.json)
west=$(TZ=WWW+12 "$ingle" template --template chat_template.json --messages chat.json)
[ -n "$east" ] && [ "$east" != "$west" ] || fail "the time zone is not the person's: $east, $west"
refused 2 'is no time like' "$ingle" template --template short.jinja --messages chat.json --now today
echo '{"other": 1}' >other.json
refused 3 'has no string' "$ingle" template --template other.json --messages chat.json
refused 4 'has no chat template' "$ingle" template -m "$tiny" --messages chat.json

# What goes wrong is one sentence.
echo '{{ 1 + none }}' >broken.jinja
refused 3 'line 1, column 6: .* an integer and none' "$ingle" template --template broken.jinja --messages chat.json
echo '{% if %}' >broken.jinja
refused 3 'broken at line 1, column 7' "$ingle" template --template broken.jinja --messages chat.json
echo '{{ raise_exception("No system here") }}' >broken.jinja
refused 3 'refuses the messages: No system here\.$' "$ingle" template --template broken.jinja --messages chat.json
echo '{{ "a" * 10**9 }}' >broken.jinja
refused 6 'exceeds' "$ingle" template --template broken.jinja --messages chat.json
echo '[{' >broken.json
refused 3 'messages is not JSON: line 2' "$ingle" template --template short.jinja --messages broken.json
printf 'a\0b' >nul.json
refused 3 'NUL' "$ingle" template --template short.jinja --messages nul.json
refused 4 'missing' "$ingle" template --template short.jinja --messages missing.json
refused 4 'missing' "$ingle" template --template missing.jinja --messages chat.json
refused 2 'messages is missing' "$ingle" template --template short.jinja
refused 2 'not both' "$ingle" template --template short.jinja -m "$tiny" --messages chat.json
refused 4 'model' "$ingle" template --messages chat.json
exit 0
