# Help, wrong usage, and that help and manual name the same options.
. "$(dirname "$0")/lib.sh"

expect 0 "$ingle" --help
head -1 "$tmp/out" | grep -q '^  \$ ingle run -m' || fail "no example first"
prints 'Usage: ingle COMMAND'
cp "$tmp/out" all
expect 0 "$ingle" help
cmp -s all "$tmp/out" || fail "help and --help differ"
expect 2 "$ingle"
cmp -s all "$tmp/err" || fail "no command: not the help"
[ ! -s "$tmp/out" ] || fail "no command, yet output"
expect 0 "$ingle" --version
prints '^ingle [0-9]*\.[0-9]*\.[0-9]*$'

commands=$(sed -n '/^Usage/,$s/^  \([a-z]*\) .*/\1/p' all)
[ "$(echo $commands)" = 'run chat summarize rewrite draft complete serve intent notify redact vault learn constrain tokens template logits bench cpu show prove audit config doctor' ] || fail "other commands: $commands"
for command in $commands; do
    expect 0 "$ingle" "$command" --help
    head -1 "$tmp/out" | grep -q "^  \$ ingle $command" || fail "$command: no example first"
    [ "$(wc -l <"$tmp/out")" -le 45 ] || fail "$command: help is longer than a screen"
    cat "$tmp/out" >>all
    case $command in
    constrain | serve) ;; # what it prints is JSON as it is; it prints no data
    *) prints '  --json\|-o json' ;;
    esac
    cp "$tmp/out" help
    expect 0 "$ingle" help "$command"
    cmp -s help "$tmp/out" || fail "$command: help and --help differ"
    sed -n '/^Man ingle-/,/^$/!s/^  *\(-[a-zA-Z], \)\{0,1\}\(--[a-z0-9-]*\) .*/\2/p' help >options
    [ -s options ] || fail "$command: no options in the help"
    # Rare ones are only named there.
    sed -n '/^Man ingle-/,/^$/p' help | grep -o -e '--[a-z0-9-]*' >>options
    sort -o options options
    expect 0 "$ingle" --man "$command"
    sed 's/\\-/-/g' "$tmp/out" | sed -n 's/^\.B.*\(--[a-z0-9-]*\).*/\1/p' | sort >in_man
    diff options in_man >&2 || fail "$command: help and manual differ"
    refused 2 'no option' "$ingle" "$command" --no-such-thing-at-all
    refused 2 'no option' "$ingle" "$command" -Z
done
awk 'length > 100 { print; exit 1 }' all || fail "a line of help is too wide"

# Words that are no command.
refused 2 "did you mean 'ingle run'" "$ingle" rnu
refused 2 "did you mean 'ingle tokens'" "$ingle" token
refused 2 "did you mean 'ingle logits'" "$ingle" help logit
refused 2 'no command' "$ingle" zzzzzzz
refused 2 'no command' "$ingle" ''
refused 2 "A command comes before '-m'" "$ingle" -m "$tiny" run

# Options that are none, values that are wrong.
refused 2 "did you mean '--temp'" "$ingle" run --tmep 1
refused 2 "did you mean '--top-k'" "$ingle" run --topk=1
refused 2 "'-temp' is no option.*did you mean '--temp'" "$ingle" run -temp 1
refused 2 "'--n-gen' is no option of ingle run" "$ingle" run --n-gen 1
refused 2 'needs a value' "$ingle" run -p
refused 2 'takes no value' "$ingle" run --stats=1
refused 2 'whole number from -1 to 2147483647' "$ingle" run -n many
refused 2 'whole number' "$ingle" run -n 99999999999
refused 2 'whole number' "$ingle" run -n 99999999999999999999999999
refused 2 'whole number' "$ingle" run -n ''
refused 2 'whole number' "$ingle" run -n 1.5
refused 2 'whole number from 0 to 256, or auto' "$ingle" run -t 257
refused 2 'whole number' "$ingle" run -c 99999999
refused 2 'whole number from 0 to 18446744073709551615' "$ingle" run --seed -1
refused 2 'whole number' "$ingle" run --seed 18446744073709551616
refused 2 'a number from 0 to 1' "$ingle" run --top-p 1.5
refused 2 'a number from 0 to 1' "$ingle" run --min-p nan
refused 2 'a number, 0 or more' "$ingle" run --temp 1e99
refused 2 'a number, 0 or more' "$ingle" run --temp -0.1
refused 2 'a number above 0' "$ingle" run --repeat-penalty 0
refused 2 'a number above 1' "$ingle" run --dry-base 1
refused 2 'it must be a number\.' "$ingle" run --presence-penalty inf
refused 2 'one of f16 bf16 int8' "$ingle" run --kv f32
refused 2 'one of md csv json' "$ingle" bench -o yaml
refused 2 '--stop is empty' "$ingle" run --stop ''
refused 2 'more than 64 times' "$ingle" run $(yes -- '--stop x' | head -65)
refused 2 'like 15=-2.5' "$ingle" run --logit-bias five
refused 2 'like 15=-2.5' "$ingle" run --logit-bias 5=inf
refused 2 'belongs to no option; the text to continue follows -p' "$ingle" run Once upon a time
refused 2 'belongs to no option' "$ingle" cpu x
refused 2 'belongs to no option' "$ingle" bench -m "$tiny" -- -p

# A value may look like an option; help is asked for by a word of its own.
refused 4 'No model' "$ingle" run -p --help
expect 0 "$ingle" run -p x --help
refused 4 'No model' "$ingle" tokens -- --help
# No model: one line that says how to get one.
refused 4 'download a GGUF file' "$ingle" run -p x
refused 4 'nowhere.gguf' "$ingle" run -m nowhere.gguf -p x

# The completion completes.
expect 0 "$ingle" --completion
cp "$tmp/out" completion
complete_words() { # WORD...: what is offered for the last of them
    bash -c '. ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ingle; echo "${COMPREPLY[*]}"' \
        complete "$@"
}
[ "$(complete_words ingle to)" = tokens ] || fail "'ingle to' completes to $(complete_words ingle to)"
[ "$(complete_words ingle help lo)" = logits ] || fail "'ingle help lo' is not completed"
[ "$(complete_words ingle run --top-)" = '--top-k --top-p' ] || fail "'--top-' is not completed"
[ "$(complete_words ingle run -m compl)" = completion ] || fail "files are not completed"
exit 0
