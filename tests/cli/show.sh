# ingle show: metadata and tensors.
. "$(dirname "$0")/lib.sh"

expect 0 "$ingle" show "$tiny"
prints 'GGUF version 3, [0-9]* keys, [0-9]* tensors$'
prints '^general.architecture  string  "llama"$'
prints '^tokenizer.ggml.tokens  string\[320\]  \[.*\] \.\.\.$'
prints 'token_embd.weight  \[64, 320\]$'
expect 0 "$ingle" show "$tiny" --full
prints '^tokenizer.ggml.tokens  string\[320\]  \[.*\]$'
expect 0 "$ingle" show -m "$tiny" --json
[ "$(wc -l <"$tmp/out")" -eq 1 ] || fail "not one object"
prints '{"key": "general.architecture", "type": "string", "value": "llama"}'
prints '"shortened": true'
prints '{"name": "token_embd.weight", "type": "F32", "dims": \[64, 320\], "shard": 0, "offset": '
refused 2 'Give one GGUF file' "$ingle" show
refused 2 'Give one GGUF file' "$ingle" show a b
exit 0
