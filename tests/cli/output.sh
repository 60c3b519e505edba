# Where results go, and places that do not take them.
. "$(dirname "$0")/lib.sh"
mkdir folder
rows() { "$ingle" logits -m "$tiny" --tokens 1,2,3 --all "$@"; }

# left_in_folder FILE...: nothing else is in folder/, no temporary file either.
left_in_folder() {
    [ "$(ls -A folder | tr '\n' ' ')" = "${*:+$* }" ] || fail "in the folder: $(ls -A folder)"
}

# A file is replaced whole or not at all.
rows -o whole
echo old >folder/x
(umask 027 && rows -o folder/x) || fail "a file could not be replaced"
cmp -s whole folder/x || fail "other rows"
[ "$(stat -c %a folder/x)" = 640 ] || fail "the mode is $(stat -c %a folder/x)"
echo old >folder/x
refused 6 'holds 2 tokens' "$ingle" logits -m "$tiny" --tokens 1,2,3 -c 2 -o folder/x
refused 4 'nothere' "$ingle" logits -m nothere --tokens 1,2,3 -o folder/x
[ "$(cat folder/x)" = old ] || fail "a failure harmed the file"
left_in_folder x
ln -s folder/x link
rows -o link
cmp -s whole folder/x || fail "a link is not followed"
[ -L link ] || fail "a link is replaced"

# Places for no file.
refused 4 'nodir/x' "$ingle" logits -m "$tiny" --tokens 1 -o nodir/x
refused 4 'No such file' "$ingle" logits -m "$tiny" --tokens 1 -o ''
refused 4 'tiny.gguf/x' "$ingle" logits -m "$tiny" --tokens 1 -o "$tiny/x"
refused 1 'Is a directory' "$ingle" logits -m "$tiny" --tokens 1 -o folder
refused 1 'xxx' "$ingle" logits -m "$tiny" --tokens 1 -o "$(printf 'x%.0s' {1..300})"
if [ "$(id -u)" -ne 0 ]; then
    chmod 555 folder
    refused 1 'folder/new' "$ingle" logits -m "$tiny" --tokens 1 -o folder/new
    chmod 755 folder
fi

# What is no regular file is written to as it is.
expect 0 "$ingle" logits -m "$tiny" --tokens 1,2,3 --all -o /dev/null
[ -c /dev/null ] || fail "/dev/null is replaced"
rows -o /dev/stdout | cmp -s - whole || fail "/dev/stdout gets other rows"
mkfifo pipe
cat pipe >from_pipe &
rows -o pipe
wait
cmp -s whole from_pipe || fail "a pipe gets other rows"

# A disk that is full before the rows are written: as if it had never been tried. The limit is on
# the file of the error output too, hence the pipe, on what instrumented code writes, and on the
# memory that front and worker share, which takes a little more than 1 MiB.
yes 7 | head -1000 | paste -sd, >list
full_disk() { # BLOCKS
    code=0
    message=$( (ulimit -f "$1" && "$ingle" logits -m "$tiny" --tokens @list --all -c 1000 -o folder/x) 2>&1) ||
        code=$?
    echo "$message" >"$tmp/err"
    [ "$code" -eq 6 ] || fail "a full disk: exit code $code"
    one_sentence
    says 'File too large'
    cmp -s whole folder/x || fail "a full disk harmed the old file"
    left_in_folder x
}
if [ -z "$SANITIZED" ]; then
    for blocks in 1040 1100 1249; do full_disk $blocks; done
fi

# Standard output that is a full disk, closed, or read by nobody any more.
for command in 'run -p abc -n 4 --ignore-end' 'run -p abc -n 4 --ignore-end --json' 'tokens abc' \
    'tokens --decode 97' 'logits --tokens 1 --top 1' 'logits --tokens 1 -o -' 'bench -p 1 -n 0 -r 1' \
    'bench -p 1 -n 0 -r 1 --json' show cpu --help; do
    case $command in
    cpu | --help) model= ;;
    *) model="-m $tiny" ;;
    esac
    if [ -c /dev/full ]; then
        code=0
        "$ingle" $command $model >/dev/full 2>"$tmp/err" || code=$?
        [ "$code" -eq 6 ] || fail "full disk: exit code $code: $command"
        one_sentence
        says "write to 'standard output': No space left"
    fi
    code=0
    "$ingle" $command $model >&- 2>"$tmp/err" || code=$?
    [ "$code" -eq 1 ] || fail "closed output: exit code $code: $command"
    one_sentence
    says 'standard output is not open for writing'
    code=0
    "$ingle" $command $model 2>&- >"$tmp/out" || code=$?
    [ "$code" -eq 0 ] || fail "closed error output: exit code $code: $command"
done
# A reader that goes away ends a run that would go on for ever.
code=0
(timeout "$patience" "$ingle" run -m "$tiny" -p abc -n -1 -c 10000000 --ignore-end --stats 2>"$tmp/err"
    echo $? >code) | head -c 1 >/dev/null
[ "$(cat code)" -eq 1 ] || fail "no reader: exit code $(cat code)"
says 'reader of the standard output is gone'
says 'ended by error'

# No stream of ours is a file that was opened meanwhile.
rows -o folder/x >&- 2>&- <&- || fail "all streams closed: exit code $?"
cmp -s whole folder/x || fail "all streams closed: other rows"
rows -o folder/y -c 2 >&- 2>&- <&-
[ $? -eq 6 ] || fail "all streams closed: another exit code"
left_in_folder x
exit 0
