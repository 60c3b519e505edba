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
run -n 16 -c 18 --ignore-end # nothing follows the last token, which needs no room

# The figures, on standard error only.
run -n 16 --stats
cmp -s first "$tmp/out" || fail "--stats changes the text"
for word in '^load .* ms  *(file .*, weights .*)$' '^first token .* ms$' '^prefill .*tokens/s' \
    '^decode .*tokens/s' '^guessed .* % right  *([0-9]* of [0-9]* tokens)$' '^peak memory .*MiB$' 'seed 7, ended by'; do says "$word"; done

# JSON: pieces, then the end; the pieces are the text.
run -n 16 --temp 0 --json
[ "$(tail -1 "$tmp/out" | grep -c '"reason": "\(length\|end\)", "n_prompt": 3, "n_tokens": ')" -eq 1 ] ||
    fail "no end object"
[ "$(grep -c -v '^{.*}$' "$tmp/out")" -eq 0 ] || fail "a line is no object"
[ "$(grep -c '^{"text": ".*"}$' "$tmp/out")" -ge 2 ] || fail "the text does not come in pieces"

# A prompt from standard input and from a file are the same prompt.
printf abc >"$tmp/in"
expect 0 "$ingle" run -m "$tiny" -p - --seed 7 -n 16
cmp -s first "$tmp/out" || fail "standard input, another text"
printf abc >prompt
expect 0 "$ingle" run -m "$tiny" -p @prompt --seed 7 -n 16
cmp -s first "$tmp/out" || fail "a file, another text"
printf '\377\376\0\200' >"$tmp/in"
expect 0 "$ingle" run -m "$tiny" -p - -n 4
expect 0 "$ingle" run -m "$tiny" -p '<|endoftext|>' -n 4

# The empty prompt: this model puts no token first.
refused 2 'prompt is empty' "$ingle" run -m "$tiny"
refused 2 'prompt is empty' "$ingle" run -m "$tiny" -p ''

# Too long, or outgrown: both counts are named.
refused 6 'holds 8 tokens and 20 are given' "$ingle" run -m "$tiny" -c 8 -p abcdefghijklmnopqrst
expect 6 "$ingle" run -m "$tiny" -c 8 -p abc -n -1 --ignore-end
one_sentence
says 'holds 8 tokens: 8 are used and 1 more'
[ -s "$tmp/out" ] || fail "the text made before the context was full is gone"
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

# Sampling options reach the sampler, which names what it refuses.
refused 2 'logit_bias\[0\] names token 99999' "$ingle" run -m "$tiny" -p x --logit-bias 99999=1
run -n 4 --logit-bias 65=1000
[ "$(cat "$tmp/out")" = AAAA ] || fail "a large bias does not win"
run -n 4 --logit-bias 65=1000 --logit-bias 65=-inf
grep -q A "$tmp/out" && fail "a forbidden token was chosen"
run -n 3 --logit-bias 65=1000 --logit-bias 66=900 --frequency-penalty 150
[ "$(cat "$tmp/out")" = ABA ] || fail "the frequency penalty does not count: $(cat "$tmp/out")"
run -n 8 --temp 1.5 --top-k 0 --top-p 0.9 --min-p 0 --typical 0.9 --repeat-penalty 1.1 \
    --presence-penalty 0.1 --frequency-penalty 0.1 --repeat-last-n -1 --dry-multiplier 0.8 \
    --dry-base 2 --dry-allowed-length 3 --dry-breaker x --dry-last-n 100
cp "$tmp/out" all_options
cmp -s first all_options && fail "no option had an effect"

# A text that goes round and round is ended, said, and may be let go on.
expect 0 "$ingle" run -m "$tiny" -p abc -n -1 -c 3000 --logit-bias 65=1000 --json
one_sentence
says 'went round and round and was ended; --allow-loops lets it go on'
tail -1 "$tmp/out" | grep -q '"reason": "loop", "n_prompt": 3, "n_tokens": 1[01]' || fail "no loop: $(tail -1 "$tmp/out")"
run -n 2000 -c 3000 --logit-bias 65=1000 --allow-loops
[ ! -s "$tmp/err" ] || fail "a loop that is allowed is said"
[ "$(tr -d '\n' <"$tmp/out" | wc -c)" -eq 2000 ] || fail "a loop that is allowed is ended"

# Log-probabilities: a line a token, the numbers those of the logits, whatever the sampler does.
run -n 5 --temp 3 --top-k 2 --json --logprobs 3
[ "$(grep -c '^{"id": ' "$tmp/out")" -eq 5 ] || fail "not a line a token"
sed -n 's/^{"id": .*"top": //p' "$tmp/out" | head -1 | sed 's/}$//' >top_run
expect 0 "$ingle" tokens -m "$tiny" abc
expect 0 "$ingle" logits -m "$tiny" --tokens "$(tr -d '[] ' <"$tmp/out")" --top 3 -o -
sed 's/"logit": [-0-9.e]*, //g; s/.*"top": //; s/\]}.*/]/' "$tmp/out" | tail -1 >top_logits
# Single precision has seven digits.
rounded() { sed 's/\("logprob": -[0-9]*\.[0-9]\{5\}\)[0-9]*/\1/g' "$1"; }
[ "$(rounded top_run)" = "$(rounded top_logits)" ] || fail "$(cat top_run) is not $(cat top_logits)"
refused 2 'logprobs needs --json' "$ingle" run -m "$tiny" -p abc --logprobs 3
refused 2 'logprobs is .101.' "$ingle" run -m "$tiny" -p abc --json --logprobs 101

# Every cache type works.
for kv in f16 bf16 int8; do run -n 4 --kv "$kv"; done

# Kernel tiers: all that this machine has, and a clear word for others.
for tier in $("$ingle" cpu --json | sed 's/.*"tiers": \[//; s/\].*//' | tr '{' '\n' |
    sed -n 's/.*"name": "\([a-z0-9]*\)", "available": true.*/\1/p'); do
    expect 0 env INGLE_CPU="$tier" "$ingle" run -m "$tiny" -p abc -n 4 --stats
    says "^tier $tier,"
done
for command in 'run -p abc' 'tokens abc' 'logits --tokens 1 --top 1' 'bench -p 1 -n 0 -r 1'; do
    refused 2 "INGLE_CPU is 'abacus'; the kernel tiers here are ref" \
        env INGLE_CPU=abacus "$ingle" $command -m "$tiny"
done
refused 2 "INGLE_CPU is 'abacus'" env INGLE_CPU=abacus "$ingle" cpu
expect 0 env INGLE_CPU= "$ingle" run -m "$tiny" -p abc -n 1
exit 0
