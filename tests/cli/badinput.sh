# Models that cannot be opened and texts that cannot be read: the right exit code, one clear
# sentence, quickly.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C # sed and grep take the models as bytes

mkfifo fifo
ln -s loop loop
: >empty.gguf
printf 'not a model at all, but long enough to have a header' >text.gguf
printf GGUF >magic.gguf
head -c 1000 "$tiny" >cut.gguf
head -c "$(($(wc -c <"$tiny") - 1))" "$tiny" >short.gguf
sed '1s/^GGUF/GGML/' "$tiny" >ggml.gguf
cp "$tiny" secret.gguf
chmod 000 secret.gguf
long=$(printf 'x%.0s' {1..300})

# poke FILE OFFSET BYTES: a copy of the tiny model with these bytes at that place of it.
poke() {
    cp "$tiny" "$1"
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
# poke_u32 FILE KEY BYTES: with another value of a key of type u32.
poke_u32() {
    poke "$1" "$(($(grep -abo -m1 "$2" "$tiny" | head -1 | cut -d: -f1) + ${#2} + 4))" "$3"
}
poke version.gguf 4 '\143'
poke endian.gguf 4 '\0\0\0\3'
poke tensors.gguf 8 '\377\377\377\377\377\377\377\177'
poke keys.gguf 16 '\377\377\377\377\377\377\377\177'
poke key_length.gguf 24 '\377\377\377\377\377\377\377\377'

# Files that are no model, to every command that takes one.
for command in 'run -p x' 'tokens x' 'logits --tokens 1 --top 1' 'bench -p 1 -n 0 -r 1' 'show'; do
    refused 4 'nothere.gguf' "$ingle" $command -m nothere.gguf
    refused 4 'nothere' "$ingle" $command -m "$tiny/nothere"
    refused 4 'No such file' "$ingle" $command -m ''
    refused 4 'Too many levels of symbolic links' "$ingle" $command -m loop
    refused 4 'xxx' "$ingle" $command -m "$long"
    refused 3 "'\.'" "$ingle" $command -m .
    refused 3 'fifo' "$ingle" $command -m fifo
    refused 3 '/dev/null' "$ingle" $command -m /dev/null
    refused 3 '/dev/zero' "$ingle" $command -m /dev/zero
    for file in empty text magic cut short ggml version tensors keys key_length; do
        refused 3 "'$file.gguf'" "$ingle" $command -m $file.gguf
    done
    refused 3 'big-endian' "$ingle" $command -m endian.gguf
    if [ "$(id -u)" -ne 0 ]; then refused 4 'secret.gguf' "$ingle" $command -m secret.gguf; fi
done

# Models that ingle does not know, or that break a rule; show shows them all the same.
run_refused() { # CODE WORDS FILE
    refused "$1" "$2" "$ingle" run -m "$3" -p x
    expect 0 "$ingle" show "$3"
}
sed 's/llama/mamba/g' "$tiny" >mamba.gguf
run_refused 3 "architecture 'mamba'.*llama" mamba.gguf
sed 's/gpt2/gpt9/g' "$tiny" >gpt9.gguf
run_refused 3 "'gpt9'" gpt9.gguf
refused 3 "'gpt9'" "$ingle" tokens -m gpt9.gguf x
sed 's/blk\.0\.attn_q\.weight/blk.0.attn_x.weight/' "$tiny" >no_q.gguf
run_refused 3 'blk.0.attn_q.weight' no_q.gguf
sed 's/llama\.block_count/llama.block_c0unt/' "$tiny" >no_count.gguf
run_refused 3 'llama.block_count' no_count.gguf
for key in context_length embedding_length block_count feed_forward_length attention.head_count; do
    for value in '\0\0\0\0' '\377\377\377\377' '\377\377\377\177'; do
        poke_u32 impossible.gguf "llama.$key" "$value"
        run_refused 3 'impossible.gguf' impossible.gguf
    done
done

# Texts.
refused 4 'missing' "$ingle" run -m "$tiny" -p @missing
refused 4 "Cannot open ''" "$ingle" run -m "$tiny" -p @
refused 3 'not a regular file' "$ingle" run -m "$tiny" -p @fifo
refused 3 'not a regular file' "$ingle" run -m "$tiny" -p @/dev/zero
refused 3 'not a regular file' "$ingle" logits -m "$tiny" --tokens @. --top 1
refused 1 "read 'standard input': Is a directory" bash -c '"$0" tokens -m "$1" - <.' "$ingle" "$tiny"
refused 1 'standard input is not open for reading' \
    bash -c '"$0" run -m "$1" -p - <&-' "$ingle" "$tiny"
refused 6 'longer than 64 MiB' bash -c '"$0" tokens -m "$1" - </dev/zero' "$ingle" "$tiny"
head -c 100000 /dev/urandom >noise
refused 6 'holds 512 tokens' "$ingle" run -m "$tiny" -p @noise
expect 0 "$ingle" tokens -m "$tiny" @noise
printf '' >nothing
refused 2 'prompt is empty' "$ingle" run -m "$tiny" -p @nothing

# Too little memory.
if [ -z "$SANITIZED" ]; then
    refused 6 'Out of memory' bash -c 'ulimit -v 90000; "$0" run -m "$1" -p x -c 10000000' \
        "$ingle" "$tiny"
    refused 6 'Cannot start thread' bash -c 'ulimit -v 90000; "$0" run -m "$1" -p x -t 200' \
        "$ingle" "$tiny"
fi

# Names and metadata that would drive a terminal or break the line stay one harmless line.
no_escape() { grep -q "$(printf '\033')" "$tmp/err" && fail "an escape sequence came through"; }
refused 4 'no' "$ingle" show "$(printf 'no\033[2Jsuch\nfile')"
no_escape
refused 2 'no command' "$ingle" "$(printf '\033[31mred')"
no_escape
refused 2 'no option' "$ingle" run "$(printf -- '--\033[31mred')"
no_escape
refused 2 'whole number' "$ingle" run -n "$(printf '\033]0;title\007\n')"
no_escape
sed "s/llama/l\x1b[2J/g" "$tiny" >escape.gguf
refused 3 'architecture' "$ingle" run -m escape.gguf -p x
no_escape
# A sentence that is too long for its place loses its middle, not the reason.
refused 4 '\.\.\.xx*.: File name too long\.$' "$ingle" show "$(printf 'x%.0s' {1..1000})"

# Time of the processors, which a busy machine does not lengthen much.
spent_ms=$(times | awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); ms += 60000 * t[1] + 1000 * t[2] } print int(ms) }')
if [ -z "$SANITIZED" ] && [ $((spent_ms / n_runs)) -ge 50 ]; then
    fail "$n_runs refusals took $spent_ms ms"
fi
echo "$n_runs commands, $spent_ms ms"
exit 0
