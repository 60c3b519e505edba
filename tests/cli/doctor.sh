# ingle doctor: a line a check, 0 unless something is wrong, and what is wrong is found.
. "$(dirname "$0")/lib.sh"

says_wrong() { # NAME WORDS: that check is the only one that is wrong
    expect 1 "$ingle" doctor
    grep -q "^wrong  $1  *.*$2" out || fail "not wrong: $1: $(cat out)"
    [ "$(grep -c '^wrong' out)" -eq 1 ] || fail "more is wrong: $(cat out)"
    one_sentence
    expect 1 "$ingle" doctor --json
    prints '"ok": false}$'
}

# What this machine itself lacks is no fault of the command: without a seal there is one wrong line.
code=0
"$ingle" doctor >out 2>err || code=$?
cat out
if [ $code -ne 0 ]; then
    grep -q '^wrong  seal\|^wrong  locked memory' out || fail "wrong: $(cat out)"
    exit 77
fi
for name in kernel processor seal namespaces landlock ptrace 'core dumps' swap 'locked memory' io_uring \
    'huge pages' keyring 'hardware key' services cache state settings model 'audit log'; do
    [ "$(grep -c -E "^(ok|lacks) +$name  " out)" -eq 1 ] || fail "not one line about $name"
done
[ ! -e "$XDG_STATE_HOME" ] && [ ! -e "$XDG_CACHE_HOME" ] || fail "looking made a folder"
expect 0 "$ingle" doctor --json
[ "$(wc -l <out)" -eq 1 ] || fail "not one line"
prints '^{"checks": \[{"name": "kernel", "state": "ok", "found": "Linux '
prints '"ok": true}$'

# Settings, model, folders, log.
mkdir -p "$XDG_CONFIG_HOME/ingle" "$XDG_STATE_HOME/ingle/audit"
chmod 700 "$XDG_STATE_HOME/ingle/audit"
echo 'modle = x' >"$XDG_CONFIG_HOME/ingle/ingle.conf"
says_wrong settings "line 1: 'modle' is no setting"
echo 'model = /nowhere.gguf' >"$XDG_CONFIG_HOME/ingle/ingle.conf"
says_wrong model "'/nowhere.gguf' cannot be read"
echo "model = $tiny" >"$XDG_CONFIG_HOME/ingle/ingle.conf"
chmod 755 "$XDG_STATE_HOME/ingle/audit"
expect 1 "$ingle" doctor
prints '^wrong  state .*open to other users: its mode is 755'
chmod 700 "$XDG_STATE_HOME/ingle/audit"
expect 0 "$ingle" doctor
prints "^ok  *model  *$tiny"
: >plain
expect 1 env XDG_CACHE_HOME="$tmp/plain" "$ingle" doctor
prints "^wrong  cache .*is no folder"
expect 1 env -u HOME -u XDG_CACHE_HOME "$ingle" doctor
prints "^wrong  cache .*neither HOME"
"$ingle" config threads 2 2>err
grep -q libsodium err && exit 0
expect 0 "$ingle" doctor
prints '^ok     audit log  *3 records, as they were written'
sed -i '2s/threads/breads/' "$XDG_STATE_HOME/ingle/audit/audit.log"
says_wrong 'audit log' 'record 2 breaks a rule'

# Nothing of what it tries can be had: said, and no crash.
(ulimit -l 0 && "$ingle" doctor >out 2>err)
[ "$(id -u)" = 0 ] || grep -q '^wrong  locked memory' out || fail "memory is locked: $(cat out)"
if unshare -r true 2>/dev/null; then
    unshare -r sh -c 'echo 0 >/proc/sys/user/max_user_namespaces 2>/dev/null && exec "$0" doctor' "$ingle" >out 2>err
    ! [ -s out ] || grep -q '^lacks  namespaces .*no user namespaces' out || fail "namespaces: $(cat out)"
fi
exit 0
