# ingle learn encoder: from pairs of texts to a pack that says what it was made of.
. "$(dirname "$0")/lib.sh"

for i in $(seq 1 30); do
    printf '{"a": "red apple %d", "b": "a fruit that is red", "topic": "fruit"}\n' "$i"
    printf '{"a": "fast boat %d", "b": "a ship at sea"}\n' "$i"
done >pairs.jsonl

expect 0 "$ingle" learn encoder --data pairs.jsonl -o out.gguf --name toy --license MIT \
    --attribution me --seed 3
prints '^60 pairs, '
expect 0 "$ingle" show out.gguf
prints 'toy'
cp out.gguf first.gguf

# The same data and seed give the same file, whatever the number of threads; another seed another.
expect 0 "$ingle" learn encoder --data pairs.jsonl -o out.gguf --name toy --license MIT \
    --attribution me --seed 3 --threads 1 --json
prints '^{"pairs": 60, "held_out": 0, "words": [0-9]*, "nearest_is_right": null, "bytes": [0-9]*}$'
cmp -s out.gguf first.gguf || fail "threads change the encoder"
expect 0 "$ingle" learn encoder --data pairs.jsonl -o out.gguf --name toy --license MIT \
    --attribution me --seed 4
cmp -s out.gguf first.gguf && fail "the seed changes nothing"

# Several files are one; from standard input.
head -30 pairs.jsonl >one.jsonl
tail -30 pairs.jsonl >two.jsonl
expect 0 "$ingle" learn encoder --data one.jsonl --data two.jsonl -o out.gguf --name toy \
    --license MIT --attribution me --seed 3
cmp -s out.gguf first.gguf || fail "two files are not one"
cp pairs.jsonl "$tmp/in"
expect 0 "$ingle" learn encoder --data - -o out.gguf --name toy --license MIT --attribution me \
    --seed 3
cmp -s out.gguf first.gguf || fail "standard input is another file"

# What cannot be learned from is said with its place, and leaves the old file alone.
printf '{"a": "x", "b": "y"}\n{"a": "x"}\n' >bad.jsonl
refused 3 "Line 2 of 'bad.jsonl': \"b\" must be a string" "$ingle" learn encoder --data bad.jsonl \
    -o out.gguf
cmp -s out.gguf first.gguf || fail "a failure spoils the old file"
printf '{"a": "x", "b": "y"}\n' >few.jsonl
refused 3 'at least 8' "$ingle" learn encoder --data few.jsonl -o new.gguf
[ -e new.gguf ] && fail "a failure leaves a file"
: >empty.jsonl
refused 3 'There are 0 pairs' "$ingle" learn encoder --data empty.jsonl -o new.gguf
refused 4 'nowhere.jsonl' "$ingle" learn encoder --data nowhere.jsonl -o new.gguf
{ printf x; head -c 1000 /dev/urandom; } >random.jsonl # an empty line counts for nothing
refused 3 "Line 1 of 'random.jsonl'" "$ingle" learn encoder --data random.jsonl -o new.gguf
ls -A | grep -q new && fail "something is left behind"
true
