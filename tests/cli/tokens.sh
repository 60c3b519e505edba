# ingle tokens on a byte-level vocabulary: ids below 256 are bytes, 256 begins, 257 ends.
. "$(dirname "$0")/lib.sh"

expect 0 "$ingle" tokens -m "$tiny" --json abc
prints '^\[97, 98, 99\]$'
expect 0 "$ingle" tokens -m "$tiny" two words
[ "$(cat "$tmp/out")" = '[116, 119, 111, 32, 119, 111, 114, 100, 115]' ] || fail "words are joined"

# A text from a file, from standard input, and no text.
printf 'a\nb' >text
expect 0 "$ingle" tokens -m "$tiny" @text
prints '^\[97, 10, 98\]$'
printf 'a\0b' >"$tmp/in"
expect 0 "$ingle" tokens -m "$tiny" -
prints '^\[97, 0, 98\]$'
expect 0 "$ingle" tokens -m "$tiny" ''
prints '^\[\]$'
refused 2 'TEXT is missing' "$ingle" tokens -m "$tiny"

# Any bytes are a text; one that is no UTF-8 counts as U+FFFD, which has more tokens than one.
printf '\377\303\200\377' >"$tmp/in"
expect 0 "$ingle" tokens -m "$tiny" -
prints '^\[239, 191, 189, 195, 128, 239, 191, 189\]$'
printf '\303\200' >"$tmp/in"
expect 0 "$ingle" tokens -m "$tiny" --pieces -
prints '^\[{"id": 195, "piece": \[195\]}, {"id": 128, "piece": \[128\]}\]$'
expect 0 "$ingle" tokens -m "$tiny" --pieces 'a"'
prints '^\[{"id": 97, "piece": "a"}, {"id": 34, "piece": "\\""}\]$'

# The reverse, byte for byte.
expect 0 "$ingle" tokens -m "$tiny" --decode 97,0,255
[ "$(od -An -tx1 "$tmp/out" | tr -d ' \n')" = 6100ff ] || fail "decode changes bytes"
expect 0 "$ingle" tokens -m "$tiny" --decode '97, 98' --json
prints '^{"text": "ab"}$'
refused 2 'Token 1 is 100000' "$ingle" tokens -m "$tiny" --decode 97,100000
refused 2 'like 1,2,3' "$ingle" tokens -m "$tiny" --decode 97,x
refused 2 'like 1,2,3' "$ingle" tokens -m "$tiny" --decode ''
refused 2 'like 1,2,3' "$ingle" tokens -m "$tiny" --decode 97,
refused 2 'not both' "$ingle" tokens -m "$tiny" --decode 97 abc

# Files that are no text.
refused 4 'missing' "$ingle" tokens -m "$tiny" @missing
refused 3 'not a regular file' "$ingle" tokens -m "$tiny" @.
mkfifo fifo
refused 3 'not a regular file' "$ingle" tokens -m "$tiny" @fifo
refused 3 'not a regular file' "$ingle" tokens -m "$tiny" @/dev/zero
exit 0
