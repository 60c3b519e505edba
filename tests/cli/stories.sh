# A real model: stories260K tells a story.
. "$(dirname "$0")/lib.sh"

model=$SHARED/models/stories260K.gguf
[ -f "$model" ] || { echo "skipped: no $model"; exit 77; }

expect 0 "$ingle" run -m "$model" -p 'Once upon a time' --temp 0 -n 64 --stats
prints '^, there was a little girl named Lily\.'
says '^decode '
# From the begin token alone; the first space belongs to the vocabulary, not to the text.
expect 0 "$ingle" run -m "$model" --temp 0 -n 16
prints '^[A-Z]'
expect 0 "$ingle" tokens -m "$model" 'Once upon a time'
prints '^\[1, '
expect 0 "$ingle" tokens -m "$model" --no-bos 'Once upon a time'
ids=$(tr -d '[] ' <"$tmp/out")
expect 0 "$ingle" tokens -m "$model" --decode "$ids"
[ "$(cat "$tmp/out")" = 'Once upon a time' ] || fail "there and back is not the same"
for tier in ref avx2; do
    "$ingle" cpu --json | grep -q "\"$tier\", \"available\": true" || continue
    expect 0 env INGLE_CPU=$tier "$ingle" run -m "$model" -p 'Once upon a time' --temp 0 -n 64
    prints '^, there was a little girl named Lily\.'
done
exit 0
