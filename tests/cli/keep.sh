# What chat and the tasks keep in the vault: nothing unless it is on; then the conversation as it
# stands, whatever is done to it; never in clear; and no answer is lost because it cannot be kept.
. "$(dirname "$0")/lib.sh"
model=$MODELS/chat.gguf
store=$XDG_STATE_HOME/ingle
canary=quetzalcoatlus

# chat CODE INPUT OPTIONS...: an answer is five letters A.
chat() {
    want=$1
    printf "$2" >"$tmp/in"
    shift 2
    expect "$want" "$ingle" chat -m "$model" -n 5 --logit-bias 65=1000 "$@"
}
unsaid() { ! grep -q -e "$1" "$tmp/err" || fail "standard error has '$1'"; }
quiet() { [ "$(grep -vc 'after the 5 tokens' "$tmp/err")" -eq 0 ] || fail "words on standard error"; }
n_kept() { "$ingle" vault list --json >list || true; tr -d '\n' <list | grep -o '"number"' | wc -l; }
newest() { "$ingle" vault list | tail -1 | awk '{print $1}'; }
# What the vault has of conversation N is what /save wrote.
same_as_saved() {
    expect 0 "$ingle" vault show "$1" --json
    cmp -s saved "$tmp/out" || fail "conversation $1 is kept as $(cat "$tmp/out") and was $(cat saved)"
    rm saved
}
# No file of ours has these words in clear.
in_no_file() {
    ! grep -rqa -e "$1" "$XDG_STATE_HOME" "$XDG_CACHE_HOME" 2>/dev/null || fail "in clear: $(grep -rla -e "$1" "$XDG_STATE_HOME" "$XDG_CACHE_HOME")"
}

"$ingle" vault lock 2>built.err
! grep -q 'without libsodium' built.err || { echo "skipped: built without libsodium"; exit 77; }

# ---- off ----

chat 0 "hello $canary\n/stats\n"
says '^Nothing is kept\.$'
[ ! -e "$store/vault.db" ] || fail "a vault was made unasked"
printf '%s. It is a text of two sentences.\n' "$canary" >text
expect 0 "$ingle" summarize --extractive text
[ ! -e "$store/vault.db" ] || fail "a vault was made unasked"
chat 4 'hello\n' --continue
says 'the vault is off'
one_sentence
[ ! -s "$tmp/out" ] || fail "an answer"
in_no_file "$canary"

# ---- on: kept as it stands ----

expect 0 "$ingle" vault on --with key-file
chat 0 ''
chat 0 '/system S\n'
[ "$(n_kept)" -eq 0 ] || fail "kept before anything was said"
chat 0 "hello  \t$canary\n/save saved\n" --system 'Be brief.'
quiet
same_as_saved 1
expect 0 "$ingle" vault list
prints "^ *1  .*  3  hello $canary\$"
expect 0 "$ingle" vault show 1
prints '^system, ....-..-.. ..:..$'
prints '^AAAAA$'
chat 0 'two\n/stats\n/save saved\n' --continue
says '^Kept in the vault as conversation 1\.$'
[ "$(grep -c '"role"' saved)" -eq 5 ] || fail "it does not go on: $(cat saved)"
same_as_saved 1
chat 0 'another\n' 
[ "$(n_kept)" -eq 2 ] || fail "not a conversation of its own"
chat 0 'three\n/save saved\n' --continue 1
[ "$(grep -c '"role"' saved)" -eq 7 ] || fail "it does not go on: $(cat saved)"
same_as_saved 1
chat 0 'four\n/undo\n/undo\n/save saved\n' --continue=1
same_as_saved 1
chat 0 '/retry\n/save saved\n' --continue
same_as_saved 1
chat 0 '/system Be kind.\nfive\n/save saved\n' --continue
same_as_saved 1
chat 0 '/system ""\n/save saved\n' --continue 1
! grep -q system saved || fail "a system message: $(cat saved)"
same_as_saved 1
chat 0 'six\n/save saved\n' --continue 1 --system 'Another one.'
grep -q 'Another one' saved || fail "--system counts for nothing: $(cat saved)"
same_as_saved 1
printf '[{"role": "user", "content": "L1", "name": "me"}, {"role": "assistant", "content": "L2"}, {"role": "user", "content": "L3"}]' >loaded
chat 0 '/load loaded\n/save saved\n' --continue 1
same_as_saved 1
chat 0 '/save saved\n/retry\n' --continue 1
[ "$(grep -c '"role"' saved)" -eq 3 ] || fail "what was loaded does not go on: $(cat saved)"
rm saved
chat 0 '/save saved\n' --continue 1
[ "$(grep -c '"role"' saved)" -eq 4 ] || fail "no answer to what was loaded: $(cat saved)"
same_as_saved 1
chat 0 '/load loaded\n'
chat 0 '/save saved\n' --continue
same_as_saved 3
chat 0 '"""\n\n  one\nword after the other until the title is full and more\n"""\n'
chat 0 'ääääääääääääääääääääääääääääääääääääääääääääääää\n'
chat 0 'aääääääääääääääääääääääääääääääääääääääääääääääää\n'
expect 0 "$ingle" vault list
prints '  one word after the other until the title is full and more$'
prints '  ääääääääääääääääääääääääääääää$'
prints '  aäääääääääääääääääääääääääääää$'

# An answer that fails takes its message along, there too.
head -c 20000 /dev/zero | tr '\0' x >long
expect 6 sh -c "'$ingle' chat -m '$model' -c 512 --continue 3 <long"
chat 0 '/save saved\n' --continue 3
same_as_saved 3

chat 4 'x\n' --continue 99
says 'no conversation 99'
chat 2 'x\n' --continue=x
says 'must be'
chat 0 '' --continue 3 --help
prints 'continue \[NUMBER\]'

# ---- forgotten ----

n=$(n_kept)
chat 0 "one $canary\n/forget\ntwo\n/save saved\n"
[ "$(grep -c '"role"' saved)" -eq 2 ] || fail "/forget forgets nothing here: $(cat saved)"
[ "$(n_kept)" -eq $((n + 1)) ] || fail "/forget forgets nothing there"
rm saved
chat 0 '/forget\n/forget\n/save saved\n' --continue 1 --system S
[ "$(n_kept)" -eq "$n" ] || fail "/forget forgets nothing there"
[ "$(cat saved | tr -d '\n ')" = '[{"role":"system","content":"S"}]' ] || fail "left: $(cat saved)"
rm saved
expect 4 "$ingle" vault show 1
in_no_file "$canary"

# ---- while it goes on: a conversation that a pipe is held open for ----

mkfifo typed
open_chat() {
    : >heard
    "$ingle" chat -m "$model" -n 5 --logit-bias 65=1000 "$@" <typed >heard 2>told &
    pid=$!
    exec 4>typed
}
# Says a line and waits for answer N.
line() {
    printf '%s\n' "$1" >&4
    for _ in $(seq 3000); do [ "$(wc -l <heard)" -ge "$2" ] && return; sleep 0.02; done
    fail "no answer $2 to '$1': $(cat heard)"
}
close_chat() {
    exec 4>&-
    code=0
    wait $pid || code=$?
    [ $code -eq 0 ] || fail "exit code $code"
}
open_chat
line "before" 1
n=$(n_kept)
"$ingle" vault off 2>/dev/null || fail "it cannot be turned off"
line "after $canary" 2
line "and later" 3
close_chat
[ "$(grep -c 'not kept from here on: The vault was turned off' told)" -eq 1 ] || fail "not said once"
expect 0 "$ingle" vault on
one=$(newest)
expect 0 "$ingle" vault show "$one"
prints before
! grep -q after "$tmp/out" || fail "kept while it was off"
open_chat --continue "$one"
line one 1
expect 0 "$ingle" vault forget "$one"
line two 2
close_chat
cp told "$tmp/err"
says "not kept from here on: .*no conversation $one"
[ "$(n_kept)" -eq $((n - 1)) ] || fail "a forgotten one came back"

# Killed while it answers: the question is there.
open_chat -c 1000000 -n 900000 --allow-loops
printf 'a question\n' >&4
for _ in $(seq 3000); do [ -s heard ] && break; sleep 0.02; done
kill -9 $pid
exec 4>&-
wait $pid 2>/dev/null
expect 0 "$ingle" vault show "$(newest)"
prints 'a question'

# ---- a full disk: said once, kept again when there is room ----

if [ -z "$SANITIZED" ]; then
    { printf '[{"role": "user", "content": "'; head -c 3000000 /dev/zero | tr '\0' y; printf '"}]'; } >big
    printf 'small\n/load big\n/undo\nlater\n/save saved\n' >"$tmp/in"
    # What front and worker share is a file, too.
    expect 0 bash -c 'ulimit -f 1040; "$@"' - "$ingle" chat -m "$model" -n 5 --logit-bias 65=1000
    [ "$(grep -c 'not kept from here on' "$tmp/err")" -eq 1 ] || fail "not said once"
    says 'All of it is kept again'
    [ "$(wc -l <"$tmp/out")" -eq 2 ] || fail "an answer is lost"
    same_as_saved "$(newest)"
fi

# ---- tasks ----

expect 0 "$ingle" summarize --extractive text
cp "$tmp/out" summary
expect 0 "$ingle" vault show tasks
prints '^summarize, '
prints "^$canary\. It is"
expect 0 "$ingle" vault show tasks --json
prints '"task": "summarize", "input": "'
expect 0 "$ingle" summarize --extractive --each text text
expect 0 "$ingle" draft -m "$model" -n 5 note --to Ana the invoice is late
expect 0 "$ingle" rewrite -m "$model" --as concise text
printf 'x = 1\ny =' >code.py
expect 0 "$ingle" redact text
expect 0 "$ingle" run -m "$model" -p "not this" -n 2
expect 0 "$ingle" vault show tasks --json
[ "$(grep -o '"task": "[a-z, ]*"' "$tmp/out" | tr -d '\n')" = '"task": "summarize""task": "summarize""task": "summarize""task": "draft, note""task": "rewrite, concise"' ] ||
    fail "tasks: $(cat "$tmp/out")"
prints 'To Ana'
in_no_file "$canary"
if [ -z "$SANITIZED" ]; then # which takes long
    yes 'The house stands by the river, and it is green. The river is not.' | head -c 17000000 >long
    expect 0 "$ingle" summarize --extractive long
    one_sentence
    says 'Nothing of this is kept: .*up to 16 MiB'
    [ -s "$tmp/out" ] || fail "no summary"
fi
expect 0 "$ingle" vault forget tasks
expect 0 "$ingle" vault show tasks --json
prints '^\[\]$'

# ---- damage: nothing is added to it, all others are as before ----

head -c 3000 /dev/zero | tr '\0' w >in3000
big=$(cat in3000)
chat 0 'the intact one\n'
printf 'first\n' >"$tmp/in"
for _ in $(seq 20); do printf '%s\n/undo\n' "$big" >>"$tmp/in"; done
cp "$store/vault.db" before.db
expect 0 "$ingle" chat -m "$model" -n 5 --logit-bias 65=1000
damaged=$(newest)
size=$(stat -c %s "$store/vault.db")
printf damage | dd of="$store/vault.db" bs=1 seek=$((size - 20000)) conv=notrunc 2>/dev/null
cp "$store/vault.db" damaged.db
chat 3 'more\n' --continue "$damaged"
says 'damaged'
one_sentence
[ ! -s "$tmp/out" ] || fail "an answer"
cmp -s damaged.db "$store/vault.db" || fail "something was written"
chat 0 'more\n/save saved\n' --continue $((damaged - 1))
same_as_saved $((damaged - 1))
expect 0 "$ingle" vault forget "$damaged"

# ---- a vault that is put back as a whole: the audit log knows better ----

cp "$store/vault.db" old.db
chat 0 'newer than the copy\n'
expect 0 "$ingle" audit verify
prints 'The vault is at least as new as the log says'
cp "$store/vault.db" new.db
cp old.db "$store/vault.db"
expect 3 "$ingle" audit verify
says 'the vault was put back to an older state'
expect 3 "$ingle" audit verify --json
cp new.db "$store/vault.db"
expect 0 "$ingle" audit verify
expect 0 "$ingle" vault forget "$(newest)" # and what was forgotten does not come back
cp new.db "$store/vault.db"
expect 3 "$ingle" audit verify
! "$ingle" audit list | grep -q "$canary" || fail "words in the log"

# ---- locked: said, and the answer stands ----

expect 0 "$ingle" vault forget --all
expect 0 "$ingle" audit verify
echo 'correct horse battery' >pass
expect 0 "$ingle" vault on --passphrase-from pass
chat 0 "locked $canary\nand again\n"
[ "$(wc -l <"$tmp/out")" -eq 2 ] || fail "no answers"
[ "$(grep -c 'The vault is locked: this conversation is not kept; ingle vault unlock opens it\.' "$tmp/err")" -eq 1 ] ||
    fail "not said once: $(cat "$tmp/err")"
chat 5 'x\n' --continue
says 'is locked'
[ ! -s "$tmp/out" ] || fail "an answer"
expect 0 "$ingle" summarize --extractive text
one_sentence
says 'is locked: this is not kept'
cmp -s summary "$tmp/out" || fail "another summary"
expect 5 "$ingle" run -m "$model" -p abc -n 2 --remember
says 'is locked'
[ ! -e "$XDG_CACHE_HOME/ingle/snapshots" ] || [ -z "$(ls -A "$XDG_CACHE_HOME/ingle/snapshots")" ] || fail "a snapshot"
expect 0 "$ingle" vault list --passphrase-from pass
prints '^Nothing is kept\.$'
if "$ingle" vault unlock --passphrase-from pass 2>err; then
    open_chat
    line one 1
    "$ingle" vault lock || fail "it cannot be locked"
    line two 2
    close_chat
    cp told "$tmp/err"
    says 'not kept from here on: The vault was locked'
    expect 0 "$ingle" vault show 1 --passphrase-from pass --json
    [ "$(grep -c '"role"' "$tmp/out")" -eq 2 ] || fail "kept: $(cat "$tmp/out")"
else
    echo "no keyring here: locking while it goes on was not tried"
fi

# ---- what is remembered of prompts goes with the vault ----

remember() { expect 0 "$ingle" run -m "$model" -p 'a prompt that is remembered' -n 2 --remember --stats; }
expect 0 "$ingle" vault forget --all
remember
remember
says '^remembered  *[1-9]'
expect 0 "$ingle" vault on --with key-file
remember
says '^remembered  *0 of'
unsaid '^not used'
remember
says '^remembered  *[1-9]'
expect 0 "$ingle" vault forget --all
expect 0 "$ingle" vault on --with key-file
remember
says '^remembered  *0 of'
in_no_file "$canary"
exit 0
