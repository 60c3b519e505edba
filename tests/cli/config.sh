# ingle config: values and where they come from; changes that keep the rest; what is refused.
. "$(dirname "$0")/lib.sh"

conf=$XDG_CONFIG_HOME/ingle/ingle.conf
config() { expect 0 "$ingle" config "$@"; }

# Nothing set.
config
prints '^# .*/ingle/ingle.conf$'
prints '^model    = (none)  (default)'
prints '^threads  = auto  (default)'
prints '^cpu      = auto  (default)'
prints '^audit    = on  (default)'
[ ! -e "$conf" ] || fail "a file, although nothing was set"
config threads
[ "$(cat out)" = auto ] || fail "not the value alone"
expect 0 env INGLE_CPU=ref "$ingle" config
prints '^cpu      = ref  (environment, INGLE_CPU)'

# Set, shown, used.
config threads 1
[ ! -s out ] || fail "words about a success"
[ "$(cat "$conf")" = 'threads = 1' ] || fail "the file: $(cat "$conf")"
[ "$(stat -c %a "$conf")" = 600 ] || fail "the file is open to others"
config
prints '^threads  = 1  (file, line 1)'
config --json
prints '^{"file": ".*ingle.conf", "settings": \[{"key": "model", "value": "", "source": "default"}, {"key": "threads", "value": "1", "source": "file", "line": 1}'
config threads --json
prints '^{"key": "threads", "value": "1", "source": "file", "line": 1}$'
expect 0 "$ingle" run -m "$tiny" -p abc -n 2 --json
tail -1 out | grep -q '"threads": 1' || fail "threads of the settings are not used: $(tail -1 out)"
expect 0 "$ingle" run -m "$tiny" -p abc -n 2 -t 2 --json
tail -1 out | grep -q '"threads": 2' || fail "an option does not go before the settings"
config cpu ref
expect 0 "$ingle" cpu --json
prints '"used": "ref"'
if expect 0 "$ingle" cpu --json && grep -q '"name": "avx2", "available": true' out; then
    expect 0 env INGLE_CPU=avx2 "$ingle" cpu --json
    prints '"used": "avx2"' # the environment goes before the file
fi
config cpu --unset
[ "$(cat "$conf")" = 'threads = 1' ] || fail "the file: $(cat "$conf")"

# The default model: without -m for all that need one.
refused 4 'ingle config model' "$ingle" run -p abc -n 2
cp "$tiny" here.gguf
config model here.gguf
config model
[ "$(cat out)" = "$(pwd -P)/here.gguf" ] || fail "not an absolute path: $(cat out)"
expect 0 "$ingle" run -m "$tiny" -p abc -n 8 --seed 1
cp out wanted
cd /
expect 0 "$ingle" run -p abc -n 8 --seed 1
cd "$tmp"
cmp -s out wanted || fail "the default model writes something else"
expect 0 "$ingle" tokens abc
refused 4 'nowhere.gguf' "$ingle" run -m nowhere.gguf -p abc
config model --unset
refused 4 'No model' "$ingle" run -p abc -n 2

# Comments, order, spaces and what belongs to others stay.
mkdir -p "$(dirname "$conf")"
printf '# mine\n\n  threads=2   \n\t# more\naudit =\ton\n# end, no newline' >"$conf"
config
prints '^threads  = 2  (file, line 3)'
prints '^audit    = on  (file, line 5)'
config threads 3
config cpu auto
printf '# mine\n\nthreads = 3\n\t# more\naudit =\ton\n# end, no newline\ncpu = auto\n' >wanted
cmp -s "$conf" wanted || fail "the file: $(cat "$conf")"
chmod 644 "$conf"
mv "$conf" real.conf
ln -s "$tmp/real.conf" "$conf" # as those have it who keep their settings together
config threads 4
[ -L "$conf" ] && grep -q '^threads = 4$' real.conf || fail "the link was replaced"
config threads --unset
config threads --unset
! grep -q threads real.conf || fail "still set"
rm "$conf"

# Several at once: none is lost.
for i in 1 2 3 4 5; do
    "$ingle" config threads $i &
    "$ingle" config audit on &
    "$ingle" config cpu ref &
done
wait
config
prints '^threads  = [1-5]  (file'
prints '^audit    = on  (file'
prints '^cpu      = ref  (file'
[ "$(wc -l <"$conf")" -eq 3 ] || fail "lines were doubled: $(cat "$conf")"
rm "$conf"

# Wrong on the command line.
refused 2 "'nonsense' is no setting; there are model, threads, cpu, audit" "$ingle" config nonsense
refused 2 "did you mean 'threads'" "$ingle" config thread 1
for value in 0 257 -1 1x '' ' 1' 99999999999999999999 1.5; do
    refused 2 'threads is' "$ingle" config -- threads "$value"
done
refused 2 'must be one of auto, ref' "$ingle" config cpu best
refused 2 'must be on or off' "$ingle" config audit yes
refused 2 'the path of a file' "$ingle" config model nowhere.gguf
refused 2 'one line' "$ingle" config model "$(printf '/a\n/b')"
refused 2 'one argument too many' "$ingle" config threads 1 2
refused 2 'one argument too many' "$ingle" config threads 1 --unset
refused 2 'before --unset' "$ingle" config --unset
[ ! -e "$conf" ] || fail "a refusal made a file"

# Wrong in the file: named with its line, by every command that needs a setting.
wrong() { # WORDS TEXT
    printf "$2" >"$conf"
    cp "$conf" before
    refused 3 "ingle.conf, line $1" "$ingle" config
    refused 3 "ingle.conf, line $1" "$ingle" run -m "$tiny" -p abc -n 1
    refused 3 "ingle.conf, line $1" "$ingle" config audit on
    cmp -s "$conf" before || fail "a file that breaks a rule was changed"
}
wrong "1: 'modle' is no setting; did you mean 'model'" 'modle = /x\n'
wrong "2: It is neither 'key = value' nor" '# c\nthreads\n'
wrong "1: It is neither" 'threads =\n'
wrong "1: It is neither" '= 4\n'
wrong "3: threads is set already in line 1" 'threads = 1\n\nthreads = 1\n'
wrong "1: threads is 'many'" 'threads = many\n'
wrong "1: model is 'x.gguf'; it must be a path that begins" 'model = x.gguf\n'
wrong "1: audit is 'off # really'" 'audit = off # really\n'
wrong "1: .*It is neither" 'thr\0eads = 1\n'
printf 'audit = off\r\nthreads = 2\r\n' >"$conf" # lines as another system ends them
config audit
[ "$(cat out)" = off ] || fail "not off: $(cat out)"
printf 'audit = \xff\n' >"$conf"
refused 3 'not a text in UTF-8' "$ingle" config
head -c 70000 /dev/zero | tr '\0' '#' >"$conf"
refused 6 'longer than 64 KiB' "$ingle" config
rm "$conf"
mkdir "$conf"
refused 3 'not a regular file' "$ingle" config
rmdir "$conf"
refused 4 'no place for settings' env -u HOME -u XDG_CONFIG_HOME "$ingle" config
if [ "$(id -u)" != 0 ]; then
    config threads 2
    chmod 500 "$(dirname "$conf")"
    refused 1 'Cannot write' "$ingle" config threads 3
    chmod 700 "$(dirname "$conf")"
fi

# Every change is a record, with no path in it; also of turning the log off.
"$ingle" config audit on 2>err
grep -q libsodium err && exit 0
rm -rf "$XDG_STATE_HOME/ingle/audit"
config threads 2
config model "$tmp/here.gguf"
config audit off
config threads --unset
config audit on
expect 0 "$ingle" audit list
[ "$(grep -c '  config  ' out)" -eq 5 ] || fail "not five changes: $(cat out)"
prints 'key=threads  value=2'
prints 'key=audit  value=off'
prints 'key=threads  value=default'
! grep -q here.gguf "$XDG_STATE_HOME/ingle/audit/audit.log" || fail "a path in the log"
expect 0 "$ingle" audit verify
exit 0
