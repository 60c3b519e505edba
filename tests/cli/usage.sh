# Help, wrong usage, and that help and manual name the same options.
. "$(dirname "$0")/lib.sh"

expect 0 "$ingle" --help
prints 'ingle run -m'
prints 'Usage: ingle COMMAND'
expect 0 "$ingle" --version
prints '^ingle [0-9]*\.[0-9]*\.[0-9]*$'
expect 2 "$ingle"
says 'Usage'
[ ! -s "$tmp/out" ] || fail "no command, yet output"

for command in run tokens logits bench cpu show; do
    expect 0 "$ingle" "$command" --help
    head -1 "$tmp/out" | grep -q "^  \$ ingle $command" || fail "$command: no example first"
    [ "$(wc -l <"$tmp/out")" -le 45 ] || fail "$command: help is longer than a screen"
    awk 'length > 100 { exit 1 }' "$tmp/out" || fail "$command: a help line is too wide"
    prints '  --json\|-o json'
    sed -n 's/^  *\(-[a-zA-Z], \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' "$tmp/out" | sort >"$tmp/options"
    [ -s "$tmp/options" ] || fail "$command: no options in the help"
    expect 0 "$ingle" --man "$command"
    sed 's/\\-/-/g' "$tmp/out" | sed -n 's/^\.B.*\(--[a-z0-9-]*\).*/\1/p' | sort >"$tmp/in_man"
    diff "$tmp/options" "$tmp/in_man" >&2 || fail "$command: help and manual differ"
    refused 2 'no option' "$ingle" "$command" --no-such-thing-at-all
done

refused 2 "did you mean 'ingle run'" "$ingle" rnu
refused 2 "did you mean 'ingle tokens'" "$ingle" token
refused 2 'no command' "$ingle" zzzzzzz
refused 2 "did you mean '--temp'" "$ingle" run --tmep 1
refused 2 "did you mean '--top-k'" "$ingle" run --topk=1
refused 2 'needs a value' "$ingle" run -p
refused 2 'takes no value' "$ingle" run --stats=1
refused 2 'whole number' "$ingle" run -n many
refused 2 'whole number' "$ingle" run -n 99999999999
refused 2 'from 0 to 1' "$ingle" run --top-p 1.5
refused 2 'one of' "$ingle" bench -o yaml
refused 2 'belongs to no option' "$ingle" run Once upon a time
refused 2 'whole number' "$ingle" run --seed -1

# A value may look like an option.
refused 4 'No model' "$ingle" run -p --help
# No model: one line that says how to get one.
refused 4 'download a GGUF file' "$ingle" run -p x
refused 4 'nowhere.gguf' "$ingle" run -m nowhere.gguf -p x

expect 0 "$ingle" --completion
prints 'complete -o filenames -F _ingle ingle'
bash -n "$tmp/out" || fail "the completion is no bash"
exit 0
