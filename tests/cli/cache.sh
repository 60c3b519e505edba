# The cache of packed weights: where it is, that a second start takes it from there, and what is said
# where it cannot be used.
. "$(dirname "$0")/lib.sh"
slow=$MODELS/slow.gguf
export XDG_CACHE_HOME=$tmp/xdg HOME=$tmp/home
packed=$tmp/xdg/ingle/packed

run() { expect 0 "$ingle" run -m "$tiny" -p abc --seed 7 -n 8 --stats "$@"; }
entries() { ls -A "$1" 2>/dev/null | wc -l; }
holds() { [ "$(entries "$1")" -eq "$2" ] || fail "not $2 files in $1: $(ls -lA "$1")"; }

# Written once, then found: the same text.
run
says "^weights      packed, and written to $packed/[0-9a-f]*-[0-9a-f]*-[a-z0-9]*\.packed$"
cp "$tmp/out" first
holds "$packed" 1
file=$(echo "$packed"/*)
[ "$(stat -c %a "$packed")" = 700 ] || fail "the folder's mode is $(stat -c %a "$packed")"
[ "$(stat -c %a "$file")" = 600 ] || fail "the file's mode is $(stat -c %a "$file")"
for threads in 1 2 7; do
    run -t $threads
    says "^weights      from $file$"
    grep -q '^cache' "$tmp/err" && fail "something is wrong: $(cat "$tmp/err")"
    cmp -s first "$tmp/out" || fail "another text from the cache"
done
run --json
tail -1 "$tmp/out" | grep -q '"weights": "cached", "cache_file": "/.*\.packed", "cache_note": ""' ||
    fail "no weights in the end object: $(tail -1 "$tmp/out")"
expect 0 "$ingle" run -m "$tiny" -p abc -n 8
[ ! -s "$tmp/err" ] || fail "a quiet run writes to standard error"

# The commands that run a model share it; the others make none.
expect 0 "$ingle" logits -m "$tiny" --tokens 1 --top 1
expect 0 "$ingle" bench -m "$tiny" -p 1 -n 0 -r 1
holds "$packed" 1
expect 0 env XDG_CACHE_HOME="$tmp/none" "$ingle" tokens -m "$tiny" abc
expect 0 env XDG_CACHE_HOME="$tmp/none" "$ingle" show "$tiny"
[ ! -e none ] || fail "a command that runs no model makes a cache"

# Where there is no XDG_CACHE_HOME it is below HOME; a relative one is none.
for xdg in "" relative ./x; do
    XDG_CACHE_HOME=$xdg run
    says "written to $tmp/home/.cache/ingle/packed/"
    rm -r "$tmp/home"
done
(unset XDG_CACHE_HOME && run && says "written to $tmp/home/.cache/ingle/packed/") || exit 1
for home in "" relative; do
    (unset XDG_CACHE_HOME && HOME=$home run &&
        says '^weights      packed in memory$' &&
        says '^cache        Neither XDG_CACHE_HOME nor HOME names a folder') || exit 1
done
[ ! -e relative ] && [ ! -e .cache ] || fail "a cache in the working folder"

# What is damaged is replaced, which --stats says.
memory() { # WORDS [ENVIRONMENT...]: packed in memory, for that reason, to the same text
    words=$1
    shift
    expect 0 env "$@" "$ingle" run -m "$tiny" -p abc --seed 7 -n 8 --stats
    says '^weights      packed in memory$'
    says "^cache        .*$words"
    cmp -s first "$tmp/out" || fail "another text from memory"
}
printf damage | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") - 6000)) conv=notrunc 2>/dev/null
run
says '^cache        The cached file was damaged in its weights. It was replaced.$'
cmp -s first "$tmp/out" || fail "another text after damage"
run
says "^weights      from $file$"

# Places for no cache.
: >plain
memory "Cannot .* '$tmp/plain/ingle.*Not a directory" XDG_CACHE_HOME="$tmp/plain"
memory "Cannot create '/proc/ingle'" XDG_CACHE_HOME=/proc
chmod 777 "$packed"
memory "belongs to another user or may be written to by others"
chmod 700 "$packed"
run
says "^weights      from $file$"
if [ -z "$SANITIZED" ]; then
    # The limit is on the file of the error output too, hence the pipe, and on the memory that
    # front and worker share, which takes 1 MiB.
    message=$( (ulimit -f 1500 && XDG_CACHE_HOME=$tmp/limit "$ingle" run -m "$tiny" -p abc -n 1 \
        --stats) 2>&1) || fail "a limit on files: exit code $?"
    [[ $message == *"File too large"* ]] || fail "a limit on files: $message"
    holds "$tmp/limit/ingle/packed" 0
fi

# A full disk and a read-only one, in a name space of our own where that may be made.
mkdir small
cat >mounted <<'END'
set -e
mount -t tmpfs -o size=1m none small
"$@" 2>full || { cat full; exit 2; }
[ -z "$(ls -A small/ingle/packed)" ] || exit 3
mount -o remount,size=64m small
"$@" 2>written
mount -o remount,ro small
"$@" 2>found
touch "$MODEL"
sleep 2.1 # until its time is believed
"$@" 2>touched
rm -rf empty && mkdir empty
mount -t tmpfs -o ro none empty
XDG_CACHE_HOME=$PWD/empty "$@" 2>readonly
END
cp "$tiny" own.gguf
for unshare in 'unshare -m' 'unshare -rm'; do
    $unshare true 2>/dev/null || continue
    code=0
    XDG_CACHE_HOME=$tmp/small MODEL=own.gguf $unshare bash mounted \
        "$ingle" run -m own.gguf -p abc -n 1 --stats >"$tmp/out" || code=$?
    [ "$code" -eq 0 ] || fail "on small disks: $code: $(cat "$tmp/out" full found touched readonly)"
    grep -q '^cache .*needs .* MiB for the packed weights and has .* MiB left.$' full ||
        fail "a full disk: $(cat full)"
    grep -q '^weights .*written to' written || fail "enough room: $(cat written)"
    grep -q '^weights      from' found || fail "a read-only disk: $(cat found)"
    grep -q '^weights      from' touched || fail "touched, a read-only disk: $(cat touched)"
    grep -q '^cache .*Read-only file system' touched || fail "not recorded, not said: $(cat touched)"
    grep -q '^cache .*Cannot create.*Read-only file system' readonly ||
        fail "a read-only disk: $(cat readonly)"
    break
done

# Interrupted or killed while it packs: the next start sweeps out what was left.
until_packing() {
    for _ in $(seq 20000); do
        [ "$(ls "$packed" 2>/dev/null | grep -c packing-)" -gt 0 ] && return
        kill -0 $pid 2>/dev/null || return
        sleep 0.002
    done
    fail "it never packs"
}
for signal in INT KILL; do
    rm -rf "$packed"
    "$ingle" run -m "$slow" -p abc -n 1 >out 2>err &
    pid=$!
    until_packing
    kill -$signal $pid 2>/dev/null
    wait $pid 2>/dev/null
    # Its worker, which writes, ends a moment after it.
    for _ in $(seq 500); do
        run
        ls "$packed" | grep -q packing- || break
        sleep 0.02
    done
    ls "$packed" | grep -q packing- && fail "$signal: left over: $(ls -l "$packed")"
done

# Two that pack at the same time.
rm -rf "$packed"
"$ingle" run -m "$tiny" -p abc -n 1 --stats >out1 2>err1 &
"$ingle" run -m "$tiny" -p abc -n 1 --stats >out2 2>err2 &
wait
for i in 1 2; do
    grep -q '^weights .*\.packed$' err$i || fail "not in the cache: $(cat err$i)"
    grep -q '^cache' err$i && fail "something is wrong: $(cat err$i)"
done
holds "$packed" 1
exit 0
