# ingle vault: off unless it is turned on, who can open it, what it shows, and what it never writes.
. "$(dirname "$0")/lib.sh"

store=$XDG_STATE_HOME/ingle
pass='correct horse battery'
other='staple in the stable'
printf '%s\n' "$pass" >pass
printf '%s\n' "$other" >other
"$ingle" vault lock 2>built.err
! grep -q 'without libsodium' built.err || { echo "skipped: built without libsodium"; exit 77; }

# Off, and nothing is made by asking.
expect 0 "$ingle" vault
prints '^vault  *off: nothing is kept$'
expect 0 "$ingle" vault status --json
prints '"exists": false, "on": false'
refused 4 'Cannot open' "$ingle" vault list
refused 4 'Cannot open' "$ingle" vault off
refused 4 '' "$ingle" vault forget --all
[ ! -e "$store" ] || fail "something was made: $(ls -la "$store")"

# What is said of wrong words.
refused 2 "did you mean 'status'" "$ingle" vault stats
refused 2 'one argument too many' "$ingle" vault lock 1
refused 2 'needs the number' "$ingle" vault show
refused 2 'needs the number' "$ingle" vault forget 0
refused 2 'needs the number' "$ingle" vault show 1x
refused 2 'needs the new title' "$ingle" vault rename 1
refused 2 'must be' "$ingle" vault on --with nothing

# On, with a passphrase.
refused 5 'no terminal to ask' "$ingle" vault on
refused 2 'at least 8' bash -c 'echo short | "$0" vault on --passphrase-from -' "$ingle"
refused 3 'no passphrase in' "$ingle" vault on --passphrase-from /dev/null
refused 4 'Cannot open' "$ingle" vault on --passphrase-from missing
expect 0 "$ingle" vault on --passphrase-from pass
prints '^vault  *on$'
prints '^locked with  a passphrase$'
prints '^unlocked  *no'
refused 2 'on already' "$ingle" vault on
[ "$(stat -c %a "$store" "$store/vault.db" | tr '\n' ' ')" = "700 600 " ] || fail "modes: $(ls -la "$store")"
refused 5 'is locked' "$ingle" vault list
refused 5 'not the vault.s passphrase' "$ingle" vault list --passphrase-from other
expect 0 "$ingle" vault list --passphrase-from pass
prints '^Nothing is kept.$'

# Unlocked for the session, where there is a keyring.
if "$ingle" vault --json | grep -q '"keyring": true' && "$ingle" vault unlock --passphrase-from pass 2>err; then
    expect 0 "$ingle" vault
    prints '^unlocked  *yes'
    expect 0 "$ingle" vault list
    expect 0 "$ingle" vault lock
    expect 0 "$ingle" vault lock
    refused 5 'is locked' "$ingle" vault list
    refused 5 'not the vault.s passphrase' "$ingle" vault unlock --passphrase-from other
    refused 5 'is locked' "$ingle" vault list
else
    echo "no keyring here: unlocking for a session was not tried"
fi

# Another passphrase; then a key file, of which it is said what it is worth.
cat pass other >both
expect 0 bash -c '"$0" vault change --passphrase-from - --new-passphrase-from - <both' "$ingle"
refused 5 'not the vault.s passphrase' "$ingle" vault change --with key-file --passphrase-from pass
expect 0 "$ingle" vault change --with key-file --passphrase-from other
expect 0 "$ingle" vault
prints 'a key file beside it: whoever can read your files as you can open it'
expect 0 "$ingle" vault list
refused 4 'no conversation 7' "$ingle" vault show 7
refused 4 'no conversation 7' "$ingle" vault forget 7
refused 4 'no conversation 7' "$ingle" vault rename 7 title
expect 0 "$ingle" vault show tasks
expect 0 "$ingle" vault forget tasks
expect 0 "$ingle" vault list --json
prints '^\[\]$'
expect 0 "$ingle" vault lock
says 'still opens by itself'

# What is remembered of prompts is sealed with the vault's key while it is on, and not at all while
# it is locked.
remember() { "$ingle" run -m "$tiny" -p 'abc abc abc' -n 2 --stats --remember; }
remembered() { remember >out 2>err || fail "--remember"; sed -n 's/^remembered  *\([0-9]*\) of.*/\1/p' err; }
[ "$(remembered)" = 0 ] || fail "something was remembered before"
again=$(remembered)
[ "$again" -gt 0 ] || fail "nothing is remembered"
expect 0 "$ingle" vault off
[ "$(remembered)" = 0 ] || fail "the same key, on and off"
expect 0 "$ingle" vault on
[ "$(remembered)" = "$again" ] || fail "what the vault's key sealed is gone"
expect 0 "$ingle" vault change --with passphrase --new-passphrase-from pass
remember >out 2>err && fail "remembered although the vault is locked"
says 'vault is locked'

# Off and on again; forgotten for good.
expect 0 "$ingle" vault off
says 'Nothing more is kept'
expect 0 "$ingle" vault
prints '^vault  *off'
refused 2 'off already' "$ingle" vault off
expect 0 "$ingle" vault on
expect 0 "$ingle" vault forget --all
says 'All is forgotten'
expect 0 "$ingle" vault
prints '^vault  *off: nothing is kept$'
[ ! -e "$store/vault.db" ] && [ ! -e "$store/vault.db-journal" ] || fail "something is left"
refused 4 'Cannot' "$ingle" vault forget --all

# What was done is in the audit log, and not to what.
expect 0 "$ingle" audit list
for action in on off change forget; do
    prints "what=$action "
done

# A machine's own key, where systemd-creds makes one for this user.
if "$ingle" vault on --with machine >out 2>err; then
    expect 0 "$ingle" vault list
    prints '^Nothing is kept.$'
    expect 0 "$ingle" vault
    prints 'this machine, by systemd-creds'
    expect 0 "$ingle" vault forget --all
else
    says 'systemd-creds'
    one_sentence
fi

# At a terminal: twice, unseen.
if command -v script >/dev/null; then
    answer() { # ANSWER...: each typed when a prompt more has come
        n=0
        for word in "$@"; do
            n=$((n + 1))
            for _ in $(seq 600); do
                [ "$(grep -ao 'assphrase[a-z ]*: \|Again: ' tty | wc -l)" -lt $n ] || break
                sleep 0.1
            done
            sleep 0.2
            printf '%s\n' "$word"
        done
        sleep 0.5
    }
    typed() { # CODE COMMAND ANSWER...
        want=$1 command=$2 code=0
        shift 2
        : >tty
        answer "$@" | timeout "$patience" script -qefc "'$ingle' vault $command" tty >/dev/null 2>&1 || code=$?
        [ $code -eq "$want" ] || fail "exit code $code instead of $want: vault $command: $(cat tty)"
        for word in "$@"; do
            ! grep -q "$word" tty || fail "the passphrase is shown: $(cat tty)"
        done
    }
    typed 2 on "$pass" "$other"
    grep -q 'two different' tty || fail "not told that they differ: $(cat tty)"
    typed 0 on "$pass" "$pass"
    typed 0 list "$pass"
    grep -q 'Nothing is kept' tty || fail "no list: $(cat tty)"
    typed 0 change "$pass" "$other" "$other"
    typed 5 list "$pass"
    expect 0 "$ingle" vault forget --all
fi

# The words were never in a file.
! grep -rq -e "$pass" -e "$other" "$store" "$XDG_CACHE_HOME" 2>/dev/null || fail "a passphrase in a file"
exit 0
