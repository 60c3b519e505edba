# What the command-line tests share. ctest gives INGLE (the binary), MODELS (a folder of small
# models made by cli_make_models), SHARED (big files, may be missing) and SANITIZED (not empty if the
# binary is instrumented, by a sanitizer or for coverage: slow, and with files of its own).
set -u
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
ingle=$INGLE
tiny=$MODELS/tiny.gguf
unset INGLE_CPU
export XDG_CACHE_HOME=$tmp/.cache XDG_STATE_HOME=$tmp/.state XDG_CONFIG_HOME=$tmp/.config # never the user's

fail() {
    echo "FAIL: $*" >&2
    [ -f "$tmp/err" ] && { echo "--- standard error:"; cat "$tmp/err"; } >&2
    exit 1
}

# expect CODE COMMAND...: runs it with standard input from $tmp/in if that exists, else nothing;
# its output lies in $tmp/out and $tmp/err. What hangs ends with 124. $n_runs counts them.
n_runs=0
patience=300 # on a machine that does other things, too
[ -z "${SANITIZED:-}" ] || patience=900
expect() {
    want=$1
    shift
    [ -f "$tmp/in" ] || : >"$tmp/in"
    code=0
    timeout "$patience" "$@" <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || code=$?
    n_runs=$((n_runs + 1))
    rm -f "$tmp/in"
    [ "$code" -eq "$want" ] || fail "exit code $code instead of $want: $*"
}

# Waits until Ctrl-C means something to process $1: one that a script starts in the background is
# born with what the script itself does about it, then deaf to it until it is the program.
hears() {
    for _ in $(seq 3000); do
        [ ! "/proc/$1/exe" -ef "/proc/$$/exe" ] &&
            [ $((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null || echo 0) & 2)) -ne 0 ] && return
        kill -0 "$1" 2>/dev/null || break
        sleep 0.01
    done
    fail "it never listens to signals"
}

# Standard output contains this text; standard error does.
prints() { grep -q -e "$1" "$tmp/out" || fail "standard output has no '$1': $(head -c 400 "$tmp/out")"; }
says() { grep -q -e "$1" "$tmp/err" || fail "standard error has no '$1'"; }

# Standard error is one line that begins with "ingle" and ends a sentence.
one_sentence() {
    [ "$(wc -l <"$tmp/err")" -eq 1 ] || fail "not one line on standard error"
    grep -q '^ingle.*[.?]$' "$tmp/err" || fail "not a sentence on standard error"
}

# refused CODE WORD COMMAND...: ends with that code and one sentence that has the word, and prints
# nothing.
refused() {
    refused_code=$1
    refused_word=$2
    shift 2
    expect "$refused_code" "$@"
    one_sentence
    says "$refused_word"
    [ ! -s "$tmp/out" ] || fail "something on standard output"
}
