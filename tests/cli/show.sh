# ingle show: metadata and tensors.
. "$(dirname "$0")/lib.sh"

expect 0 "$ingle" show "$tiny"
prints 'GGUF version 3, [0-9]* keys, [0-9]* tensors$'
prints '^string  *general.architecture  *"llama"$'
prints '^string\[320\]  *tokenizer.ggml.tokens  *\["Ā", "ā", "Ă", "ă", "Ą", "ą", "Ć", "ć"\] \.\.\.$'
prints '^f32  *llama.attention.layer_norm_rms_epsilon  *1e-05$'
prints '^F32  *token_embd.weight  *81920 bytes  \[64, 320\]$'
# Without what follows the first byte of a character, a byte is a column.
tail -n +2 "$tmp/out" | LC_ALL=C tr -d '\200-\277' | awk 'length > 100 { print; exit 1 }' ||
    fail "a line is too wide"
expect 0 "$ingle" show "$tiny" --full
prints '^string\[320\]  *tokenizer.ggml.tokens  *\[.*"<|319|>"\]$'
expect 0 "$ingle" show -m "$tiny" --json
[ "$(wc -l <"$tmp/out")" -eq 1 ] || fail "not one object"
prints '{"key": "general.architecture", "type": "string", "value": "llama"}'
prints '"shortened": true'
prints '{"name": "token_embd.weight", "type": "F32", "dims": \[64, 320\], "shard": 0, "offset": '
expect 0 "$ingle" show "$tiny" --json --full
grep -q shortened "$tmp/out" && fail "--full shortens"

# Names from the file can neither drive a terminal nor break a line, wherever the output goes.
LC_ALL=C sed 's/general\.name/gener\x1b[2J\nme/; s/output_norm\.weight/outpu\n\x1b[31m.weight/' \
    "$tiny" >escapes.gguf
lines=$("$ingle" show "$tiny" | wc -l)
for form in '' --json; do
    expect 0 "$ingle" show $form escapes.gguf
    grep -q "$(printf '\033')" "$tmp/out" && fail "show $form: an escape sequence came through"
    [ -n "$form" ] || [ "$(wc -l <"$tmp/out")" -eq "$lines" ] || fail "a newline came through"
done
prints 'gener\\u001b\[2J\\nme'

refused 2 'Give one GGUF file' "$ingle" show
refused 2 'Give one GGUF file' "$ingle" show a b
refused 2 'Give one GGUF file' "$ingle" show -m a b
exit 0
