# Vim and the service, set up with the lines of docs/editors.md: the requests of llama.vim, and the plugin
# itself if LLAMA_VIM names its folder. ctest gives INGLE, MODELS and EDITORS (docs/editors.md).
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/lib.sh"
for tool in vim curl; do
    command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
vim --version | grep -q '+job' || { echo "this Vim has no jobs"; exit 77; }

unset XDG_STATE_HOME # as the page has it, the token lies below the home
export HOME=$tmp/home XDG_RUNTIME_DIR=$tmp/run
mkdir -p -m 700 "$HOME" "$tmp/run"

# A block of the page: between ```$1 and ```.
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p;}" "$EDITORS"; }

command=$(block sh)
[ "$(printf '%s\n' "$command" | wc -l)" -eq 1 ] || fail "not one command in the page: $command"
set -- $command
[ "$1 $2 $3 $5 $6" = "ingle serve -m --listen 127.0.0.1:8012" ] || fail "another command: $command"
[ "$(block vim | wc -l)" -eq 2 ] || fail "not two lines for Vim: $(block vim)"

cp "$MODELS/fim.gguf" "$4"
"$ingle" serve -m "$4" --listen 127.0.0.1:0 >served 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$tmp"' EXIT
for i in $(seq 1200); do
    port=$(sed -n 's|.*http://127.0.0.1:\([0-9]*\).*|\1|p' served)
    [ -n "$port" ] && break
    kill -0 $server 2>/dev/null || fail "it does not run: $(cat served)"
    sleep 0.05
done
[ -n "$port" ] || fail "it does not say where it listens: $(cat served)"
block vim | sed "s/:8012/:$port/g" >config.vim

# ask FILE: a script, in a Vim without the user's settings.
ask() {
    : >words
    CONFIG=$tmp/config.vim WORDS=$tmp/words timeout 200 \
        vim -N -u NONE -i NONE -n -es -S "$1" </dev/null >out 2>err ||
        fail "$(basename "$1"): $(cat words out err served | head -20)"
}
ask "$here/infill.vim"
[ -z "${LLAMA_VIM:-}" ] || ask "$here/llama.vim"
kill -TERM $server
wait $server || fail "it ended with $?: $(cat served)"
