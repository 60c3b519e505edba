#!/usr/bin/env bash
# The checks of `make check` can fail: on a copy of the tree, one planted breach of each rule is
# found and named.
# Usage: checks.sh SOURCE
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$1"
cp -r --parents tools src include examples cmake CMakeLists.txt CMakePresets.json .clang-format "$work"
cd "$work"
git init -q .
failed=0

# finds CHECK "WORDS OF THE COMPLAINT" FILE < the file's text, planted for this case only
finds() {
    local check=$1 words=$2 file=$3 out
    [ ! -e "$file" ] || cp "$file" saved
    mkdir -p "${file%/*}"
    cat >>"$file"
    if out=$(tools/check_"$check" 2>&1); then
        echo "check_$check passed over: $words"
        failed=1
    elif ! grep -qF -- "$words" <<<"$out"; then
        printf 'check_%s should say "%s", but says:\n%s\n' "$check" "$words" "$out"
        failed=1
    fi
    rm "$file"
    [ ! -e saved ] || mv saved "$file"
}
lines() { for ((i = 0; i < $1; i++)); do echo "${2:-}"; done; }

finds layers 'base must not include engine/kern' src/base/a.c <<<'#include "engine/kern/ops.h"'
finds layers 'is internal to its folder' src/engine/text/a.c <<<'#include "base/a_internal.h"'
finds layers 'is no path from src/' src/base/a.c <<<'#include "alloc.h"'
echo '// here' >src/base/a.h
finds layers 'the first include should be "base/a.h"' src/base/a.c <<<'#include "base/buf.h"'
rm src/base/a.h
finds layers 'no layer of tools/layers.txt' src/stray/a.c <<<'int a;'

finds sizes '1001 lines, the limit is 1000' src/base/a.c < <(lines 1001)
finds sizes '401 lines, the limit is 400' src/base/a.h < <(lines 401)
finds sizes 'a.c:long_one: 151 lines, the limit is 150' src/base/a.c < <(
    printf 'int long_one(int a,\n             int b) {\n'; lines 149 '    b += a;'; echo '}')
finds sizes 'gone, take it out' tools/sizes.txt <<<'src/base/none.c 2000'
finds sizes 'small again' tools/sizes.txt <<<'src/base/alloc.c 2000'

finds banned 'the library never prints' src/engine/text/a.c <<<'    printf("no");'
finds banned 'the library never ends the process' src/base/a.c <<<'    abort();'
finds banned 'reads no environment' src/engine/text/a.c <<<'    getenv("HOME");'
finds banned 'opens no socket' src/engine/text/a.c <<<'    socket(1, 2, 3);'
finds banned 'allocate through' src/cli/a.c <<<'    p = malloc(1);'
finds banned 'name the tier' src/engine/kern/a.c <<<'#if defined(__AVX2__)'
finds banned 'give the declaration a header' src/base/a.c <<<'extern int x;'
finds banned 'do not include its source' tests/a.c <<<'#include "../src/base/alloc.c"'
finds banned 'binaries travel' cmake/a.cmake <<<'add_compile_options(-march=native)'
git add -A
finds banned 'a place on one machine' src/base/status.c <<<"/* see /${0:0:0}home/me/notes */"

finds format 'clang-format' src/base/a.c <<<'int  x ;'
finds headers 'a.h does not compile alone' src/base/a.h <<<'size_t a(void);'

# A library with a name too many and all the others missing.
mkdir build
echo 'int gguf_open(void) { return 1; }' | gcc -x c -c - -o build/a.o
gcc -shared build/a.o -o build/libingle.so
ar rcs build/libingle.a build/a.o
finds symbols '> gguf_open' build/none <<<''
finds symbols '< ingle_model_open' build/none <<<''

[ $failed = 0 ] && echo "every planted breach was found"
exit $failed
