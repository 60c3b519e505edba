# Models that cannot be opened: exit 3 or 4, one clear sentence, and quickly.
. "$(dirname "$0")/lib.sh"

mkfifo fifo
: >empty.gguf
printf 'not a model at all, but long enough to have a header' >text.gguf
head -c 1000 "$tiny" >cut.gguf
head -c "$(($(wc -c <"$tiny") - 1))" "$tiny" >short.gguf
cp "$tiny" secret.gguf
chmod 000 secret.gguf

for command in 'run -p x' 'tokens x' 'logits --tokens 1 --top 1' 'bench -p 1 -n 0 -r 1' 'show'; do
    name=${command%% *}
    refused 4 'nothere.gguf' "$ingle" $command -m nothere.gguf
    refused 4 'nothere' "$ingle" $command -m "$tiny/nothere"
    refused 3 "'\.'" "$ingle" $command -m .
    refused 3 'fifo' "$ingle" $command -m fifo
    refused 3 '/dev/null' "$ingle" $command -m /dev/null
    refused 3 '/dev/zero' "$ingle" $command -m /dev/zero
    refused 3 'empty.gguf' "$ingle" $command -m empty.gguf
    refused 3 'text.gguf' "$ingle" $command -m text.gguf
    refused 3 'cut.gguf' "$ingle" $command -m cut.gguf
    refused 3 'short.gguf' "$ingle" $command -m short.gguf
    refused 4 '' "$ingle" $command -m ''
    if [ "$(id -u)" -ne 0 ]; then refused 1 'secret.gguf' "$ingle" $command -m secret.gguf; fi
    echo "$name refuses them all"
done

# A path that would drive a terminal or break the line stays one harmless line.
refused 4 'no' "$ingle" show "$(printf 'no\033[2Jsuch\nfile')"
grep -q "$(printf '\033')" "$tmp/err" && fail "an escape sequence reached standard error"
exit 0
