#!/usr/bin/env bash
# Installs ingle into an empty folder and builds the examples against what is there, as users
# would: by pkg-config and by find_package(), shared and static. Each is then run.
# Usage: run.sh SOURCE BUILD [MODEL]     without a model the examples must say that it is missing
set -euo pipefail
source=$1 build=$2 model=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

DESTDIR='' cmake --install "$build" --prefix "$work/first" >install.log
mv first ingle # an installed tree may be moved
export PKG_CONFIG_PATH=$work/ingle/lib/pkgconfig LD_LIBRARY_PATH=$work/ingle/lib
strict=(-Wall -Wextra -Wconversion -Werror)

flags() { pkg-config "$@" ingle; }
# shellcheck disable=SC2046  # flags are words
{
    for example in chat complete extract summary; do
        gcc -std=c11 "${strict[@]}" "$source/examples/$example.c" $(flags --cflags --libs) -o ${example}_pc
        gcc -std=c11 "${strict[@]}" -static "$source/examples/$example.c" \
            $(flags --static --cflags --libs) -o ${example}_pc_static
    done
    g++ -std=c++17 "${strict[@]}" "$source/examples/tokens.cpp" $(flags --cflags --libs) -o tokens_pc
    g++ -std=c++17 "${strict[@]}" -static "$source/examples/tokens.cpp" \
        $(flags --static --cflags --libs) -o tokens_pc_static
}
cmake -S "$source/tests/cli/consumer" -B . -DCMAKE_PREFIX_PATH="$work/ingle" \
    -DEXAMPLES="$source/examples" >cmake.log
cmake --build . >>cmake.log || { cat cmake.log; exit 1; }

fail() { echo "consumer: $1"; exit 1; }
runs_on_shared() { local needs; needs=$(ldd "$1" 2>&1) || true; [[ $needs == *"$work/ingle/lib/libingle.so"* ]]; }
for program in {chat,complete,extract,summary,tokens}_{pc,ingle}; do
    runs_on_shared "$program" || fail "$program is not linked with the installed libingle.so"
done
for program in {chat,complete,extract,summary,tokens}_{pc_static,static}; do
    ! runs_on_shared "$program" || fail "$program needs libingle.so, though static"
done

for program in {chat,complete,extract,tokens}_{pc,pc_static,ingle,static}; do
    if [ -n "$model" ]; then
        "./$program" "$model" 'Once upon a time' >"$program.out" || fail "$program failed"
        [ -s "$program.out" ] || fail "$program printed nothing"
        # A text that is no UTF-8 has more tokens than bytes; a message must be UTF-8.
        case $program in
        chat_*)
            ! "./$program" "$model" $'\377\376' 2>"$program.err" || fail "$program took bytes for text"
            grep -q 'not UTF-8' "$program.err" || fail "$program does not say what is wrong"
            ;;
        *) "./$program" "$model" $'\377\376\375\374\373' >/dev/null || fail "$program refuses bytes" ;;
        esac
    else
        ! "./$program" missing.gguf text 2>"$program.err" || fail "$program found a missing model"
        grep -q 'missing.gguf' "$program.err" || fail "$program does not name the missing model"
    fi
done
for program in summary_{pc,pc_static,ingle,static}; do
    "./$program" "$source/README.md" >"$program.out" || fail "$program failed"
    grep -q ingle "$program.out" || fail "$program does not say what the README is about"
done
[ -z "$model" ] || cmp tokens_pc.out tokens_static.out || fail "shared and static disagree"
[ -x ingle/bin/ingle ] || fail "no bin/ingle was installed"
ingle/bin/ingle --version >/dev/null
