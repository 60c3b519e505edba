# ingle complete: places, files around, what is said of models that cannot, bad input.
. "$(dirname "$0")/lib.sh"
fim=$MODELS/fim.gguf

mkdir -p project/.git project/src project/sub project/.hidden project/build
cd project || exit 1
printf 'build/\n*.gen.c\n!keep.gen.c\n' >.gitignore
printf '#include "shape.h"\n\nint area(int width) {\n    return \n}\n' >src/main.c
printf 'int area(int width);\nint shape_width(int width);\n' >src/shape.h
printf 'int width_of_sibling(int width);\n' >src/sibling.c
printf 'int width_of_generated(int width);\n' >src/a.gen.c
printf 'int width_kept(int width);\n' >src/keep.gen.c
printf 'int width_hidden(int width);\n' >src/.secret.c
printf 'int width_outside(int width);\n' >"$tmp/outside.c"
ln -s "$tmp/outside.c" src/link.c
printf 'int\0width;\n' >src/binary.c
mkfifo src/pipe.c
printf 'int width_elsewhere(int width);\n' >sub/elsewhere.c

# The place: lines from 1, columns in characters from 1; without a column the end of the line.
complete() { expect 0 "$ingle" complete -m "$fim" -n 8 "$@"; }
complete --file src/main.c --line 4 --column 12 --json
cp "$tmp/out" at_column
complete --file src/main.c --line 4 --json
prints '"fills_middle": true'
prints '"reason": "[a-z]*"'
prints '"n_prompt": [0-9]'
text_of() { sed 's/.*"text": "\(.*\)", "reason".*/\1/' "$1"; }
[ "$(text_of at_column)" = "$(text_of "$tmp/out")" ] || fail "the end of the line is another place"
[ ! -s "$tmp/err" ] || fail "something to say of a model that can"

# Files around: what is included and what lies beside it; nothing hidden, ignored, linked, binary.
prints '"file": "src/shape.h"'
prints '"file": "src/sibling.c"'
prints '"file": "src/keep.gen.c"'
for name in a.gen.c secret link.c outside binary.c pipe.c elsewhere main.c; do
    if grep -q "\"file\": \"[^\"]*$name" "$tmp/out"; then fail "$name was read"; fi
done
complete --file src/main.c --line 4 --json --alone
prints '"context": \[\]'
complete --file src/main.c --line 4 --json --alone --context sub/elsewhere.c
prints '"context": \[{"file": "sub/elsewhere.c", "line": 1, "n_lines": 1, "n_tokens": [0-9]*}\]'

# The same text from standard input, for a file that need not be there.
cp src/main.c "$tmp/in"
complete --file - --name src/main.c --line 4 --json
[ "$(text_of at_column)" = "$(text_of "$tmp/out")" ] || fail "standard input is another file"
printf 'x = ' >"$tmp/in"
complete --file - --name new.py --line 1

# Printed as it is made; the same text.
complete --file src/main.c --line 4
[ "$(printf '%b' "$(text_of at_column)")" = "$(cat "$tmp/out")" ] || fail "another text"
complete --file src/main.c --line 4 --lines one
[ "$(wc -l <"$tmp/out")" -eq 0 ] || fail "more than a line"

# A character is a column, whatever its bytes.
printf 'é = x\n' >u.py
complete --file u.py --line 1 --column 2
complete --file u.py --line 1 --column 6
refused 2 "Column 7 is beyond the end: line 1 of 'u.py' has 5 characters" \
    "$ingle" complete -m "$fim" --file u.py --line 1 --column 7
complete --file u.py --line 2
refused 2 "Line 3 is beyond the end: 'u.py' ends in line 2" \
    "$ingle" complete -m "$fim" --file u.py --line 3

# A model that cannot fill in the middle goes on from what stands before, and that is said.
expect 0 "$ingle" complete -m "$tiny" -n 4 --file src/main.c --line 4
one_sentence
says 'no tokens for filling in the middle'
expect 0 "$ingle" complete -m "$tiny" -n 4 --file src/main.c --line 4 --json
prints '"fills_middle": false'
prints '"context": \[\]'

# A line longer than the budget: cut, and said.
printf 'a = "%04000d' 1 >long.py
complete --file long.py --line 1 -c 300
one_sentence
says 'longer than what the model is shown'

# A file at the top of a file system, an empty file.
: >empty.c
complete --file empty.c --line 1
refused 2 'Column 2' "$ingle" complete -m "$fim" --file empty.c --line 1 --column 2

# Bad input.
refused 4 'missing.c' "$ingle" complete -m "$fim" --file missing.c --line 1
refused 4 'missing.c' "$ingle" complete -m "$fim" --file empty.c --line 1 --context missing.c
refused 3 'is not text' "$ingle" complete -m "$fim" --file src/binary.c --line 1
refused 3 'not text' "$ingle" complete -m "$fim" --file empty.c --line 1 --context src/binary.c
refused 3 'not a regular file' "$ingle" complete -m "$fim" --file src --line 1
refused 3 'not a regular file' "$ingle" complete -m "$fim" --file src/pipe.c --line 1
printf 'a\377\n' >latin.c
refused 3 'byte 1 is no UTF-8' "$ingle" complete -m "$fim" --file latin.c --line 1
truncate -s 100M huge.c
refused 6 'longer than 64 MiB' "$ingle" complete -m "$fim" --file huge.c --line 1
rm huge.c
refused 6 'context holds' "$ingle" complete -m "$fim" --file src/main.c --line 4 -c 64 -n 64
refused 4 'No model' "$ingle" complete --file src/main.c --line 4
refused 2 'file is missing' "$ingle" complete -m "$fim" --line 4
refused 2 'line of the place is missing' "$ingle" complete -m "$fim" --file src/main.c
refused 2 'go together' "$ingle" complete -m "$fim" --file - --line 1
refused 2 'go together' "$ingle" complete -m "$fim" --file src/main.c --name x --line 1
refused 2 'line' "$ingle" complete -m "$fim" --file src/main.c --line 0
refused 4 'nowhere' "$ingle" complete -m "$fim" --file - --name nowhere/x.c --line 1
exit 0
