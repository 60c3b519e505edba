# ingle chat through pipes: messages in, answers out, and what goes wrong. cli/chat_terminal has the
# rest. The model says what its biases let it: 65 is A, 66 is B.
. "$(dirname "$0")/lib.sh"
model=$MODELS/chat.gguf

# chat CODE INPUT OPTIONS...: an answer is five letters A, if nothing else is said.
chat() {
    want=$1
    printf "$2" >"$tmp/in"
    shift 2
    expect "$want" "$ingle" chat -m "$model" -n 5 --logit-bias 65=1000 --logit-bias 66=990 "$@"
}
printed() { [ "$(cat "$tmp/out")" = "$1" ] || fail "printed '$(cat "$tmp/out")' instead of '$1'"; }
quiet() { [ ! -s "$tmp/err" ] || fail "words on standard error"; }
# The conversation as /save wrote it, on one line.
saved() { tr -d '\n' <saved | sed 's/": "/":"/g; s/, "/,"/g; s/^\[ /[/; s/, *{/,{/g'; }
save() { rm -f saved; chat 0 "$1/save saved\n" "${@:2}"; }

# ---- messages in, answers out ----

chat 0 'hello\n'
printed AAAAA
says '^ingle chat: The answer was ended after the 5 tokens that -n allows\.$'
chat 0 'hello\nand again\n'
printed "$(printf 'AAAAA\nAAAAA')"
chat 0 'the last line has no end'
printed AAAAA
chat 0 '\n\n'
printed ''
quiet
chat 0 ''
printed ''
quiet

# The same seed, the same conversation; with other threads too, and each answer its own draws.
talk() { printf 'one\ntwo\nthree\n' >"$tmp/in"; expect 0 "$ingle" chat -m "$model" -n 12 "$@"; }
talk --seed 4
cp "$tmp/out" first
talk --seed 4 -t 1
cmp -s first "$tmp/out" || fail "one thread, another conversation"
talk --seed 4 -t 3 --batch 7
cmp -s first "$tmp/out" || fail "three threads, another conversation"
talk --seed 5
cmp -s first "$tmp/out" && fail "another seed, the same conversation"
talk --seed 4 --repeat-penalty 1.3
cmp -s first "$tmp/out" && fail "a penalty changes nothing"
talk
mv "$tmp/out" first
talk
cmp -s first "$tmp/out" && fail "without a seed, the same conversation"

# Messages of several lines.
save 'a \\\nb\\\n\n"""\nc\n\n/d\n"""\n"""\n"""\n//e\n' --seed 1
[ "$(saved)" = '[{"role":"user","content":"a \nb\n"},{"role":"assistant","content":"AAAAA"},'\
'{"role":"user","content":"c\n\n/d"},{"role":"assistant","content":"AAAAA"},'\
'{"role":"user","content":"/e"},{"role":"assistant","content":"AAAAA"}]' ] || fail "saved: $(saved)"
refused 3 'begins with """ does not end' sh -c "printf '\"\"\"\nabc\n' | '$ingle' chat -m '$model'"

# What the model says reaches a pipe byte by byte, its stop strings aside.
chat 0 'hello\n' --logit-bias 27=2000
[ "$(cat "$tmp/out")" = "$(printf '\033\033\033\033\033')" ] || fail "not the model's bytes"
chat 0 'hello\n' --logit-bias 65=-inf --stop BB
printed ''
quiet

# JSON: pieces, then how it ended.
chat 0 'hello\n/undo\nagain\n' --json --seed 9
[ "$(grep -c '^{"reason": "length", "n_prompt": [0-9]*, "n_reused": [0-9]*, "n_thinking": 0, "n_answer": 5, "seed": ' "$tmp/out")" -eq 2 ] ||
    fail "not two ends: $(cat "$tmp/out")"
prints '"seed": 9,'
prints '"seed": 10,'
[ "$(sed -n 's/^{"text": "\(.*\)"}$/\1/p' "$tmp/out" | tr -d '\n')" = AAAAAAAAAA ] || fail "not the text"

# An answer that goes round and round.
chat 0 'hello\n' -n -1 -c 3000 --json
says 'went round and round'
prints '"reason": "loop"'
chat 0 'hello\n' -n 1500 -c 3000 --allow-loops
says 'after the 1500 tokens'

# ---- thinking: kept apart, and out of pipes ----

# The template begins the thought; what ends it is the budget.
printf '%s' '{%- for m in messages %}{{- "<|im_start|>" + m.role + "\n" + m.content + "<|im_end|>\n" }}{%- endfor %}{%- if add_generation_prompt %}{{- "<|im_start|>assistant\n<think>\n" }}{%- endif %}' >thinker.jinja
think() { chat 0 'hello\n' --template thinker.jinja -n 20 --think-budget 4 "$@"; }
think
grep -q 'think' "$tmp/out" && fail "thinking leaks: $(cat "$tmp/out")"
says 'Its thinking was closed at its budget of 4 tokens'
n_plain=$(tr -cd A <"$tmp/out" | wc -c)
think --show-thinking
[ "$(head -1 "$tmp/out")" = '[thinking]' ] || fail "no heading: $(cat "$tmp/out")"
[ "$(tr -cd A <"$tmp/out" | wc -c)" -gt "$n_plain" ] || fail "no thinking is shown"
grep -q '^\[answer\]$' "$tmp/out" || fail "no heading before the answer"
think --json
prints '^{"thinking": "A'
prints '^{"text": "A'

# ---- commands ----

chat 0 '/help\n/stats\nhello\n/stats\n'
printed AAAAA
for command in /help /undo /retry /save /save! /load /model /system /think /stats /exit; do
    says "^  $command "
done
says '^context .* tokens .*(of 4096, '
says '^last answer .* 5 tokens .*ended by length'
says '^peak memory .* MiB$'
chat 0 '/exit\nhello\n'
printed ''

save 'one\ntwo\n/undo\n'
[ "$(saved)" = '[{"role":"user","content":"one"},{"role":"assistant","content":"AAAAA"}]' ] || fail "$(saved)"
save 'one\n/undo\n'
[ "$(saved)" = '[]' ] || fail "$(saved)"
save 'one\ntwo\n/retry\n'
[ "$(grep -c AAAAA saved)" -eq 2 ] || fail "/retry: $(saved)"
[ "$(wc -l <"$tmp/out")" -eq 3 ] || fail "/retry made no answer"
printf 'one\n/retry\n' >"$tmp/in"
expect 0 "$ingle" chat -m "$model" -n 30 --seed 3 --json
[ "$(grep -c '"reason"' "$tmp/out")" -eq 2 ] || fail "/retry made no answer"

save '/system Be kind.\none\n' --system 'Be brief.'
[ "$(saved)" = '[{"role":"system","content":"Be kind."},{"role":"user","content":"one"},'\
'{"role":"assistant","content":"AAAAA"}]' ] || fail "$(saved)"
save '/system\n/system ""\n/system\none\n' --system 'Be brief.'
says 'The model is told: Be brief\.'
says 'The model is told nothing;'
grep -q system saved && fail "/system \"\" leaves one: $(saved)"
printf 'From a file.' >system
save 'one\n' --system @system
saved | grep -q '"system","content":"From a file\."' || fail "$(saved)"

chat 0 '/think\n/think off\n/think on\n/think auto\n'
for word in auto off on; do says "Thinking is $word"; done
refused 2 "on, off or auto, not by 'maybe'" sh -c "echo /think maybe | '$ingle' chat -m '$model'"

chat 0 "/model\n/model $tiny\n/model\n"
says 'random weights (smollm3), a context of 4096 tokens'
says 'random weights (llama), a context of 512 tokens'
says 'no chat template; messages are written in the manner of chatml'
chat 0 "hello\n/model $tiny\nagain\n/save both\n" -c 300
[ "$(grep -c '"role"' both)" -eq 4 ] || fail "another model, another conversation"
refused 4 nosuch sh -c "echo /model nosuch.gguf | '$ingle' chat -m '$model'"

# ---- files ----

save 'one\n' --system S
[ "$(stat -c %a saved)" = 600 ] || fail "others may read what was said: $(stat -c %a saved)"
cp saved kept
refused 5 "'saved' exists; /save! replaces it" sh -c "echo /save saved | '$ingle' chat -m '$model'"
cmp -s saved kept || fail "/save changed a file"
chat 0 'two\n/save! saved\n'
cmp -s saved kept && fail "/save! changed nothing"
[ "$(stat -c %a saved)" = 600 ] || fail "/save! makes it public"
chat 0 '/load kept\n/system\ntwo\n/save loaded\n'
says 'told: S$'
[ "$(grep -c '"role"' loaded)" -eq 5 ] || fail "loaded: $(cat loaded)"
head -n 3 kept | cmp -s - <(head -n 3 loaded) || fail "what is loaded is not what was saved"
mkdir -p home && export HOME=$tmp/home
chat 0 'x\n/save ~/s.json\n/load ~/s.json\n'
[ -s home/s.json ] || fail "~ is not the home folder"
[ -z "$(ls -A home | grep -v s.json)" ] || fail "left behind: $(ls -A home)"

bad() { # CODE WORD LINE: what this command says, which ends the program
    refused "$1" "$2" sh -c "printf '%s\n' '$3' | '$ingle' chat -m '$model'"
}
bad 4 nosuch '/load nosuch'
bad 3 'is no regular file' '/load .'
bad 2 'needs the name of a file' /load
bad 2 'needs the name of a file' /save
bad 4 'nosuch/file' '/save nosuch/file'
bad 2 'did you mean /help' /hepl
bad 2 'did you mean /exit' /quit
bad 2 '/help lists them' '/abracadabra'
bad 2 '/undo takes nothing' '/undo 3'
bad 2 'Nothing has been said' /undo
bad 2 'Nothing has been said' /retry
: >empty
bad 3 "'empty': The file is empty" '/load empty'
echo '[{"role": "user", "content": "x"' >broken
bad 3 "'broken': .*line " '/load broken'
echo '[{"role": "user", "content": "x"}, {"role": "wizard", "content": "y"}]' >broken
bad 3 "'broken': .*wizard" '/load broken'
echo '[{"role": "user", "content": 7}]' >broken
bad 3 "'broken': .*content" '/load broken'

# ---- what cannot be ----

refused 4 'No model' "$ingle" chat
refused 2 "'hello' belongs to no option" "$ingle" chat -m "$model" hello
refused 2 'think is .loud.; it must be one of auto on off' "$ingle" chat -m "$model" --think loud
refused 2 'system cannot be -' "$ingle" chat -m "$model" --system -
refused 4 nosuch "$ingle" chat -m "$model" --template nosuch
refused 3 'is empty' "$ingle" chat -m "$model" --template empty
printf '{%% for %%}' >broken
refused 3 . "$ingle" chat -m "$model" --template broken
printf '\377\376\n' >"$tmp/in"
cp "$tmp/in" bytes
refused 3 UTF-8 sh -c "'$ingle' chat -m '$model' <bytes"
head -c 20000 /dev/zero | tr '\0' x >long
refused 6 'context holds 512 tokens' sh -c "'$ingle' chat -m '$model' -c 512 <long"
chat 6 'hello\n' -n -1 -c 64 --allow-loops
says 'context holds 64 tokens'
[ "$(tr -cd A <"$tmp/out" | wc -c)" -gt 10 ] || fail "the text before the end of the context is gone"

# Ctrl-C in a pipe: what was printed stays.
printf 'hello\n' >"$tmp/in"
"$ingle" chat -m "$model" -c 1000000 --allow-loops --logit-bias 65=1000 <"$tmp/in" >out 2>err &
pid=$!
for _ in $(seq 3000); do [ "$(wc -c <out)" -gt 20 ] && break; sleep 0.01; done
kill -INT $pid
code=0
wait $pid || code=$?
[ $code -eq 130 ] || fail "Ctrl-C: exit code $code"
[ "$(wc -c <out)" -gt 20 ] || fail "the text printed is gone"
[ ! -s err ] || fail "words on standard error: $(cat err)"

# The same while nobody reads.
mkfifo stalled
exec 4<>stalled
printf 'hello\n' >"$tmp/in"
"$ingle" chat -m "$model" -c 1000000 --allow-loops --logit-bias 65=1000 --json <"$tmp/in" >stalled 2>err &
pid=$!
hears $pid
for _ in $(seq 3000); do grep -q '^State:.*[SD]' /proc/$pid/status && sleep 0.1 && break; sleep 0.01; done
sleep 0.5
kill -INT $pid
code=0
wait $pid || code=$?
[ $code -eq 130 ] || fail "Ctrl-C while nobody reads: exit code $code"
exec 4>&-

# A reader that goes away, a full disk.
expect 1 sh -c "yes hello | head -50 | '$ingle' chat -m '$model' -n 5 2>err2 >&-"
grep -q 'not open for writing' err2 || fail "a closed output: $(cat err2)"
if [ -w /dev/full ]; then
    expect 6 sh -c "echo hello | '$ingle' chat -m '$model' -n 5 2>err2 >/dev/full"
    grep -q 'No space' err2 || fail "a full disk: $(cat err2)"
fi
exit 0
