# What differs on a terminal: lines are ended, and nothing from a model or a file can drive it.
. "$(dirname "$0")/lib.sh"
command -v script >/dev/null || { echo "skipped: no script(1), which makes a terminal"; exit 77; }

# on_terminal CODE COMMAND...: its output and errors as a terminal gets them, in $tmp/tty.
on_terminal() {
    want=$1
    shift
    code=0
    printf -v words '%q ' "$@"
    timeout "$patience" script -qec "$words" /dev/null </dev/null >"$tmp/tty" 2>&1 || code=$?
    [ "$code" -eq "$want" ] || fail "exit code $code instead of $want: $*: $(cat -v "$tmp/tty")"
    grep -q "$(printf '[\033\007\217]')" "$tmp/tty" && fail "a control character: $*"
}
ends_line() { [ "$(tail -c 1 "$tmp/tty" | od -An -tx1)" = ' 0a' ] || fail "the line is not ended"; }

on_terminal 0 "$ingle" run -m "$tiny" -p abc -n 3 --logit-bias 65=1000
[ "$(tr -d '\r' <"$tmp/tty")" = AAA ] || fail "not three letters: $(cat -v "$tmp/tty")"
ends_line
on_terminal 0 "$ingle" run -m "$tiny" -p abc -n 3 --logit-bias 27=1000
[ "$(tr -d '\r' <"$tmp/tty")" = "$(printf '\357\277\275%.0s' 1 2 3)" ] || fail "no U+FFFD for ESC"
expect 0 "$ingle" run -m "$tiny" -p abc -n 3 --logit-bias 27=1000
[ "$(cat "$tmp/out")" = "$(printf '\033\033\033')" ] || fail "in a pipe the bytes are not the model's"
on_terminal 0 "$ingle" tokens -m "$tiny" --decode 27,91,51,49,109,65
ends_line
on_terminal 2 "$ingle" logits -m "$tiny" --tokens 1 -o -
grep -q 'no text for a terminal' "$tmp/tty" || fail "raw rows go to a terminal"
on_terminal 0 "$ingle" logits -m "$tiny" --tokens 1 --top 1 -o -
on_terminal 0 "$ingle" show "$tiny"
on_terminal 0 "$ingle" cpu
on_terminal 0 "$ingle" --help
on_terminal 4 "$ingle" show "$(printf 'no\033[2Jsuch')"
exit 0
