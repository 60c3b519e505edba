# ingle run on a tiny random model: what counts is the form, not the words.
. "$(dirname "$0")/lib.sh"

run() { expect 0 "$ingle" run -m "$tiny" -p abc --seed 7 "$@"; }

run -n 16
cp "$tmp/out" first
[ ! -s "$tmp/err" ] || fail "a quiet run writes to standard error"
run -n 16
cmp -s first "$tmp/out" || fail "the same seed, another text"
run -n 16 -t 1
cmp -s first "$tmp/out" || fail "one thread, another text"
run -n 16 -t 7 --batch 1
cmp -s first "$tmp/out" || fail "seven threads and another batch, another text"
run -n 0
[ ! -s "$tmp/out" ] || fail "no tokens asked for, yet text"

# The figures, on standard error only.
run -n 16 --stats
cmp -s first "$tmp/out" || fail "--stats changes the text"
for word in '^open ' '^pack ' '^first token ' '^prefill .*tokens/s' '^decode .*tokens/s' \
    '^peak memory .*MiB' 'seed 7'; do says "$word"; done

# JSON: pieces, then the end; the pieces are the text.
run -n 16 --temp 0 --json
[ "$(tail -1 "$tmp/out" | grep -c '"reason": "\(length\|end\)", "n_prompt": 3, "n_tokens": ')" -eq 1 ] ||
    fail "no end object"
[ "$(grep -c -v '^{.*}$' "$tmp/out")" -eq 0 ] || fail "a line is no object"

# A prompt from standard input and from a file are the same prompt.
printf abc >"$tmp/in"
expect 0 "$ingle" run -m "$tiny" -p - --seed 7 -n 16
cmp -s first "$tmp/out" || fail "standard input, another text"
printf abc >prompt
expect 0 "$ingle" run -m "$tiny" -p @prompt --seed 7 -n 16
cmp -s first "$tmp/out" || fail "a file, another text"
printf '\377\376\0\200' >"$tmp/in"
expect 0 "$ingle" run -m "$tiny" -p - -n 4
expect 0 "$ingle" run -m "$tiny" -p "$(printf '<|endoftext|>')" -n 4

# The empty prompt: this model puts no token first.
refused 2 'prompt is empty' "$ingle" run -m "$tiny"
refused 2 'prompt is empty' "$ingle" run -m "$tiny" -p ''

# Too long, or outgrown: both counts are named.
refused 6 'holds 8 tokens.* 20 ' "$ingle" run -m "$tiny" -c 8 -p abcdefghijklmnopqrst
expect 6 "$ingle" run -m "$tiny" -c 8 -p abc -n -1 --ignore-end
says 'holds 8 tokens'
expect 6 "$ingle" run -m "$tiny" -c 8 -p abc -n 100 --ignore-end --json
tail -1 "$tmp/out" | grep -q '"reason": "context"' || fail "no end object after a full context"

# Stop strings: the first letter of the greedy text, whatever it is, ends it at once.
run -n 8 --temp 0
letter=$(LC_ALL=C tr -cd 'a-zA-Z' <"$tmp/out" | head -c 1)
if [ -n "$letter" ]; then
    run -n 8 --temp 0 --json --stop "$letter"
    tail -1 "$tmp/out" | grep -q '"reason": "stop"' || fail "the stop string did not stop"
    grep '"text"' "$tmp/out" | grep -q "\"text\": \"[^\"]*$letter" && fail "part of the stop string"
fi
refused 2 'Stop string 1 is empty' "$ingle" run -m "$tiny" -p x --stop ''

# Sampling options reach the sampler, which names what it refuses.
refused 2 'repetition_penalty' "$ingle" run -m "$tiny" -p x --repeat-penalty 0
refused 2 'dry_base' "$ingle" run -m "$tiny" -p x --dry-base 1
refused 2 'logit_bias\[0\] names token 99999' "$ingle" run -m "$tiny" -p x --logit-bias 99999=1
refused 2 'like 15=-2.5' "$ingle" run -m "$tiny" -p x --logit-bias five
run -n 4 --logit-bias 65=1000
[ "$(cat "$tmp/out")" = AAAA ] || fail "a large bias does not win"
run -n 8 --temp 1.5 --top-k 0 --top-p 0.9 --min-p 0 --typical 0.9 --repeat-penalty 1.1 \
    --presence-penalty 0.1 --frequency-penalty 0.1 --repeat-last-n -1 --dry-multiplier 0.8 \
    --dry-breaker x --dry-last-n 100

# Every cache type works.
for kv in f16 bf16 int8; do run -n 4 --kv "$kv"; done

# Kernel tiers: all that this machine has, and a clear word for others.
for tier in $("$ingle" cpu --json | sed 's/.*"tiers": \[//; s/\].*//' | tr '{' '\n' |
    sed -n 's/.*"name": "\([a-z0-9]*\)", "available": true.*/\1/p'); do
    INGLE_CPU=$tier expect 0 env INGLE_CPU="$tier" "$ingle" run -m "$tiny" -p abc -n 4 --stats
    says "^tier  *$tier,"
done
refused 2 "INGLE_CPU is 'abacus'" env INGLE_CPU=abacus "$ingle" run -m "$tiny" -p abc
refused 2 "ref" env INGLE_CPU=abacus "$ingle" cpu

# A reader that goes away, a full disk.
"$ingle" run -m "$tiny" -p abc -n 200 --ignore-end 2>"$tmp/err" | head -c 1 >/dev/null
if [ -w /dev/full ]; then
    code=0
    "$ingle" run -m "$tiny" -p abc -n 20 --ignore-end >/dev/full 2>"$tmp/err" || code=$?
    [ "$code" -eq 6 ] || fail "full disk: exit code $code"
    says 'No space left'
    : >"$tmp/out"
    one_sentence
fi
code=0
"$ingle" cpu >&- 2>"$tmp/err" || code=$?
[ "$code" -eq 1 ] || fail "closed output: exit code $code"
says 'standard output'
exit 0
