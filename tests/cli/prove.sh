# ingle prove: every way out is shut, for every kind of user and in poor surroundings; and it says
# so when a worker is not sealed. All runs have processes of their own, so that no other test's
# workers are seen.
. "$(dirname "$0")/lib.sh"
[ -z "${SANITIZED:-}" ] || { echo "skipped: twins of an instrumented program make other calls"; exit 77; }
chmod 711 "$tmp"
cp "$ingle" "$tmp/ingle" # where every user may run it
chmod 755 "$tmp/ingle"
here=$tmp/ingle

root=$([ "$(id -u)" -eq 0 ] && echo yes)
alone=(unshare --pid --fork --mount --mount-proc)
[ -n "$root" ] || alone=(unshare --user --map-root-user --pid --fork --mount --mount-proc)
"${alone[@]}" true 2>/dev/null || { echo "skipped: no process namespaces here"; exit 77; }
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups env XDG_STATE_HOME="$tmp/nobody")
[ -z "$root" ] || install -d -m 700 -o 65534 -g 65534 "$tmp/nobody" # the audit log of that user

# shut COMMAND...: every way out is shut, and at least 100 were tried.
shut() {
    expect 0 "$@"
    is_shut
}
is_shut() {
    prints '^running workers$'
    prints ' 0 open. Every way out is shut.$'
    n=$(sed -n 's/^\([0-9]*\) ways out tried in .*/\1/p' "$tmp/out")
    [ "${n:-0}" -ge 600 ] || fail "only ${n:-0} ways tried"
    [ ! -s "$tmp/err" ] || fail "something on standard error"
}

# The seal needs a filter, which not every system and not every build has.
timeout "$patience" "${alone[@]}" "$here" prove --all >out 2>err
if grep -q 'this kernel has no filter\|made without libseccomp' err; then
    echo "skipped: $(cat err)"
    exit 77
fi
is_shut
prints '^  none$'
# The twin's kinds of network sockets are all ended by the kernel: tried = killed.
for group in 'socket families' 'network' 'local sockets' 'other doors'; do
    awk -v g="  $group " 'index($0, g) == 1 { n = split(substr($0, 31), c, " "); ok = c[1] > 0 && c[1] == c[2] }
        END { exit !ok }' out || fail "$group: not all killed"
done
prints '^    TCP Fast Open, sendto() .* killed$'
prints '^    read /etc/passwd .* refused: '
prints '^    0 read .* allowed: '
prints '^    41 socket .* killed$'
[ "$(wc -l <out)" -ge 600 ] || fail "--all does not list all"

# JSON: one object, with every way.
expect 0 "${alone[@]}" "$here" prove --json
[ "$(wc -l <out)" -eq 1 ] || fail "not one line"
prints '^{"shut": true, "tried": [0-9]*, "open": 0,'
prints '"name": "TCP over IPv4", "outcome": "killed"'
if command -v python3 >/dev/null; then
    python3 - out <<'CHECK' || fail "the JSON is not what it says"
import json, sys
j = json.load(open(sys.argv[1]))
ways = j["ways"]
assert len(ways) == j["tried"] >= 600
assert all(w["outcome"] in ("killed", "refused", "allowed", "missing") for w in ways)
assert all(w["why"] for w in ways if w["outcome"] == "allowed")
assert sum(g["tried"] for g in j["groups"]) == len(ways)
assert all(g["open"] == 0 for g in j["groups"])
assert j["workers"] == []
# The command's own network is a shorter list of the same ways, in a group of its own.
assert len({(w["group"], w["name"]) for w in ways}) == len(ways)
CHECK
fi

# An ordinary user, with and without the right to make namespaces.
if [ -n "$root" ]; then
    shut "${alone[@]}" "${as_nobody[@]}" "$here" prove
fi
off='echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
if unshare --user --map-root-user sh -c "$off" - true 2>/dev/null; then
    shut unshare --user --map-root-user --pid --fork --mount --mount-proc sh -c "$off" - "$here" prove
    if [ -n "$root" ]; then
        shut "${alone[@]}" "${as_nobody[@]}" unshare --user --map-root-user sh -c "$off" - "$here" prove
    fi
fi

# Like a container: a root folder with the program and its libraries, no network, no other process;
# without /proc and a place for files, then with both.
mkdir -p box/proc
cp "$here" box/ingle
for file in $(ldd "$here" | grep -o '/[^ )]*'); do
    mkdir -p "box/$(dirname "$file")"
    cp "$file" "box/$file"
done
boxed=(env XDG_STATE_HOME=/state "${alone[@]}" --net)
if "${boxed[@]}" chroot box /ingle --version >/dev/null 2>&1; then
    shut "${boxed[@]}" chroot box /ingle prove
    prints '^  There is no /proc here'
    mkdir box/tmp
    shut "${boxed[@]}" sh -c 'mount -t proc proc box/proc && exec chroot box /ingle prove'
    prints '^  none$'
    [ -z "$(ls -A box/tmp)" ] || fail "it left something in /tmp"
fi

# Descriptors that it was started with do not matter, nor do limits.
shut "${alone[@]}" bash -c 'exec "$0" prove 7</ 8</dev/null 9<>/dev/null' "$here"
shut "${alone[@]}" bash -c 'ulimit -n 32; ulimit -c unlimited; exec "$0" prove' "$here"

# A worker while it works, of this user and of another: it has written something, and goes on for
# longer than anybody looks; its parent is stopped meanwhile, so that it waits. All ends with the first
# process of the namespace, which says nothing of it.
while_it_works='
"$0" run -m "$1" -p "Once upon a time" -n -1 -c 1000000 --ignore-end >words 2>run.err &
front=$!
until [ -s words ]; do
    kill -0 $front 2>/dev/null || { cat run.err >&2; exit 99; }
    sleep 0.01
done
kill -STOP $front
"$0" prove
exit $?'
cp "$tiny" tiny.gguf
chmod 644 tiny.gguf
mkdir -p work
chmod 777 work
cd work || exit 1
seen_at_work() {
    rm -f words run.err
    shut env XDG_CACHE_HOME="$PWD/c$n_runs" XDG_STATE_HOME="$PWD/s$n_runs" HOME="$PWD" \
        "$@" bash -c "$while_it_works" "$here" "$tmp/tiny.gguf"
    prints '^  [0-9]* *filter     on'
    prints 'no new privileges, no capabilities'
    if grep -q 'namespaces its own:.* net' "$tmp/out"; then
        prints 'network    0 interfaces but the loopback, 0 bytes ever'
    fi
}
seen_at_work "${alone[@]}"
if [ -n "$root" ]; then
    prints '^          holds      1 local socket, 2 memory files, '
    seen_at_work "${alone[@]}" "${as_nobody[@]}"
    prints 'memory hidden'
    prints 'namespaces hidden from you'
fi
cd "$tmp" || exit 1

# A worker that is not sealed; it is there once it has its name.
not_sealed='
(exec -a "ingle: worker" sleep 600) &
until grep -q "^ingle: worker" /proc/$!/cmdline; do sleep 0.01; done
"$0" prove
exit $?'
expect 5 "${alone[@]}" bash -c "$not_sealed" "$here"
prints 'filter     OFF'
prints 'WRONG      no filter of system calls: it is not sealed'
one_sentence
says 'not sealed as they must be: 1 of 1'

refused 2 'belongs to no option' "$here" prove now
echo "$n_runs runs"
