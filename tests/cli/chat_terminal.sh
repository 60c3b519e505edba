# ingle chat as a person has it: typed at a terminal of tmux, and seen on its screen.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null || { echo "skipped: no tmux, which makes a terminal"; exit 77; }
model=$MODELS/chat.gguf
stories=$SHARED/models/stories260K.gguf
export HOME=$tmp/home LC_ALL=C.UTF-8
unset NO_COLOR TMUX
mkdir "$HOME"
n_screens=0
echo 'set -g history-limit 500000' >tmux.conf # an answer that is stopped late fills many screens
tm() { tmux -S "$tmp/tmux$n_screens" -f "$tmp/tmux.conf" "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$tmp"' EXIT

# begin COMMAND...: on a fresh screen, in a shell that then says how it ended.
begin() {
    printf -v command '%q ' sh -c 'echo $$ >pid; exec "$0" "$@"' "$@"
    [ $n_screens = 0 ] || tm kill-server
    n_screens=$((n_screens + 1)) # one that is being killed takes nobody in
    tm -u new-session -d -x 80 -y 50 "stty -g >stty_before; $command; code=\$?; echo; echo \"ended by \$code\"; stty -g >stty_after; exec sleep 600" ||
        fail "no terminal"
    tty=$(tm display-message -p '#{pane_tty}')
}
screen() { tm capture-pane -p -S - 2>&1; }
# sees PATTERN [N]: N lines of the screen match it; so do all after it.
sees() {
    for _ in $(seq 3000); do
        [ "$(screen | grep -c -e "$1")" -ge "${2:-1}" ] && return
        sleep 0.02
    done
    fail "the screen has no '$1': $(screen)"
}
unseen() { screen | grep -q -e "$1" && fail "the screen has '$1': $(screen)"; }
keys() { tm send-keys "$@"; }
type() { tm send-keys -l "$1"; }
# enter LINE PATTERN [N]: types it, then waits for what it brings.
enter() {
    type "$1"
    keys Enter
    sees "$2" "${3:-1}"
}
# prompted, after a line that was seen to be done: the prompt is there, and keys that are no letters
# reach the editor. What the terminal itself takes them for before that, the editor never gets.
prompted() {
    for _ in $(seq 3000); do
        [ "$(screen | grep . | tail -1)" = '>' ] && stty -a -F "$tty" | grep -q -e -icanon && return
        sleep 0.02
    done
    fail "no prompt: $(screen)"
}
# The answer has begun: letters stand in the last line.
answers() {
    for _ in $(seq 3000); do
        screen | grep . | tail -1 | grep -q '^A' && return
        sleep 0.02
    done
    fail "no answer begins: $(screen)"
}
ends() {
    sees "^ended by $1$"
    for _ in $(seq 3000); do [ -s stty_after ] && break; sleep 0.02; done
    cmp -s stty_before stty_after || fail "the terminal is left in another state"
    rm stty_after
}

# Ctrl-D at a prompt.
leave() {
    prompted
    keys C-d
    ends 0
}

# What the model says: five letters A an answer.
chat() { begin "$ingle" chat -m "$model" --logit-bias 65=1000 "$@"; }
after5='after the 5 tokens that -n allows'

# ---- the first screen, every command, the last screen ----

walk() { # MODEL OPTIONS...: through every command
    begin "$ingle" chat -m "$@" -n 5 --logit-bias 65=1000
    sees '^>$'
    sees ', a context of [0-9]* tokens\.$'
    sees '^/help lists the commands, Ctrl-D leaves\. Nothing is kept\.$'
    enter 'Hello.' "$after5"
    enter '/help' '^  /exit'
    enter '/retry' "$after5" 2
    enter '/undo' '^Taken back: Hello\.$'
    enter '/undo' '^Nothing has been said so far\.$'
    enter '/system Be kind.' '^The model is told that from now on'
    enter '/system' '^The model is told: Be kind\.$'
    enter 'Hello again.' "$after5" 3
    enter '/save one.json' '^Saved 3 messages to one\.json\.$'
    enter '/save one.json' "'one\.json' exists; /save! replaces it"
    enter '/save! one.json' '^Saved 3 messages' 2
    enter '/undo' '^Taken back: Hello again\.$'
    enter '/load one.json' '^Loaded 3 messages: [0-9]* tokens of [0-9]*\.$'
    enter '/load two.json' 'two\.json.*No such file'
    enter "/model $tiny" 'random weights (llama)'
    enter '/think off' '^Thinking is off'
    enter '/think loud' "on, off or auto, not by 'loud'"
    enter '/stats' '^tier .*, threads '
    enter '/sats' 'did you mean /stats?'
    enter 'And once more.' "$after5" 4
    enter '/exit' '^ended by 0$'
    ends 0
    rm one.json
}
walk "$model"
[ ! -f "$stories" ] || walk "$stories"
[ -z "$(ls -A "$HOME")" ] || fail "left in the home folder: $(ls -A "$HOME")"

# ---- stopping ----

chat -n -1 -c 1000000 --allow-loops
sees '^>$'
for i in 1 2 3 4 5 6; do
    type 'Go on for ever.'
    keys Enter
    answers
    [ $i = 6 ] && keys C-c C-c # impatiently
    keys C-c
    sees '^Stopped\.$' $i
done
unseen 'taken back'
enter '/stats' 'ended by cancel'
prompted
keys C-l
type 'Not this'
keys C-c
sees '^> Not this^C$'
n=$(screen | grep -c '^Ctrl-D or /exit leaves') # one C-c may have been too many
prompted
keys C-c
sees '^Ctrl-D or /exit leaves' $((n + 1))
leave

# The system's signals leave the terminal as it was.
chat -n 5
sees '^>$'
type 'half a li'
kill -TERM "$(cat pid)"
sees '^ended by 143$'
ends 143

# A worker that dies takes one answer along, and nothing of the conversation.
chat -n 5
enter 'The first.' "$after5"
kill -KILL "$(cat "/proc/$(cat pid)/task/$(cat pid)/children")"
enter 'The second.' '^The worker was killed'
sees '^Your last message was taken back'
enter 'The third.' '^The model was opened anew'
sees "$after5" 2
enter '/save kept.json' '^Saved 4 messages'
leave
if "$ingle" audit list >log 2>/dev/null; then
    [ "$(grep -c '  crash ' log)" -eq 1 ] || fail "not one record of its end: $(cat log)"
fi

# ---- typing ----

chat -n 5
prompted
type 'naïvé€'
keys BSpace BSpace Left Left Left Left Left
type '[é]'
keys End Enter
sees "$after5"
type 'one \'
keys Enter
sees '^|$'
type 'two'
keys Enter
sees "$after5" 2
enter '"""' '^|$'
type 'three\'
keys Enter
type '/help'
keys Enter
type '"""'
keys Enter
sees "$after5" 3
prompted
tm set-buffer "$(printf 'four\nfive\033[31m\tsix\nseven')"
tm paste-buffer -p
sees '^seven$'
unseen 'after the 5 tokens that -n allows.*four'
type '!'
keys Enter
sees "$after5" 4
type '/sav'
keys Tab
type 'typed.json'
sees '^> /save'
keys Home
keys C-a
keys Right Right Right Right Right
type ' '
keys Enter
sees '^Saved 8 messages'
sed -n 's/.*"user".*"content": *"\(.*\)".*/\1/p' typed.json | sed 's/\\u0009/\\t/' >typed
[ "$(cat typed)" = '[é]naïv
one \ntwo
three\\\n/help
four\nfive[31m\tsix\nseven!' ] || fail "typed: $(cat typed)"
type '/'
keys Tab Tab
sees '^/help  /undo  /retry'
keys C-u
type '/st'
keys Tab Enter
sees '^peak memory'
keys Up Up Up Up
keys C-u
leave

# ---- what is shown ----

printf '%s' '{%- for m in messages %}{{- "<|im_start|>" + m.role + "\n" + m.content + "<|im_end|>\n" }}{%- endfor %}{%- if add_generation_prompt %}{{- "<|im_start|>assistant\n<think>\n" }}{%- endif %}' >thinker.jinja
chat --template thinker.jinja -n 20 --think-budget 4
enter 'Hello.' 'after the 20 tokens'
tm capture-pane -p -e >coloured
grep -q "$(printf '\033\\[2m')A" coloured || fail "the thinking is not dimmed: $(cat -v coloured)"
unseen '\[thinking\]'
begin env NO_COLOR=1 "$ingle" chat -m "$model" --logit-bias 65=1000 --template thinker.jinja -n 20 --think-budget 4
enter 'Hello.' 'after the 20 tokens'
sees '^\[thinking\]$'
sees '^\[answer\]$'
# A model that sends the sequences that drive a terminal.
chat -n 5 --logit-bias 27=2000
enter 'Hello.' '^'"$(printf '\357\277\275%.0s' 1 2 3 4 5)"'$'

# ---- a full context ----

# Two turns, and a message for which there is no room.
long=$(printf 'The third, which is one too many. %.0s' $(seq 15))
question='^  m  have the model summarise'
full() {
    chat -n 160 -c 800
    sees '^>$'
    enter 'The first.' 'that -n allows'
    enter 'The second.' 'that -n allows' 2
    enter "$long" "$question"
    sees 'context holds 800'
    sees '^Nothing is lost so far'
}
full
enter x '^One of these letters, please'
enter s '^Your last message was taken back'
enter '/save stopped.json' '^Saved 4 messages'
enter "$long" "$question" 2
enter d '^Dropped the oldest [0-9]* turn'
sees 'that -n allows' 3
enter '/save dropped.json' '^Saved [24] messages to dropped'
grep -q 'The first' dropped.json && fail "the oldest turn is still there"
grep -q 'The third' dropped.json || fail "the last message is gone"
leave
full
enter m '^Summary of the oldest [0-9]* turn'
sees 'that -n allows' 3
enter '/system' '^The model is told nothing'
enter '/save summed.json' '^Saved [35] messages'
grep -q 'Summary of the conversation so far:\\nA' summed.json || fail "no summary: $(cat summed.json)"
grep -q 'The third' summed.json || fail "the last message is gone"
leave

# ---- the vault: what is kept is said, and its passphrase asked for ----

if ! "$ingle" vault on --with key-file >out 2>err; then
    grep -q 'without libsodium' err && exit 0
    fail "the vault cannot be turned on: $(cat err)"
fi
chat -n 5
sees 'Ctrl-D leaves\. What is said is kept in the vault\.$'
enter 'The first.' '^Kept in the vault as conversation 1\.$'
sees "$after5"
enter '/stats' '^Kept in the vault as conversation 1\.$' 2
enter '/forget' '^Conversation 1 is forgotten; a new one begins\.$'
enter "$long" '^Kept in the vault as conversation 2\.$'
sees "$after5" 2
enter "$long" "$after5" 3
enter '/undo' '^Taken back'
leave
chat -n 5 --continue
sees '^It goes on after 2 messages: [0-9]* tokens of 4096\.$'
sees 'Ctrl-D leaves\. Kept in the vault as conversation 2\.$'
enter 'And.' "$after5"
leave

# A damaged one: a copy goes on if that is wanted.
cp "$XDG_STATE_HOME/ingle/vault.db" whole.db
damaged() { # ANSWER PATTERN
    chat -n 5 --continue 2
    sees 'damaged'
    sees '^Before the damage it has [0-9]* messages*\. Shall a copy of them go on?$'
    enter "$1" "$2"
    sees '^>$'
}
# Somewhere is a byte of a record that is not the first.
code=0
for at in $(seq $(($(stat -c %s whole.db) - 50)) -150 4096); do
    cp whole.db "$XDG_STATE_HOME/ingle/vault.db"
    printf damage | dd of="$XDG_STATE_HOME/ingle/vault.db" bs=1 seek="$at" conv=notrunc 2>/dev/null
    code=0
    "$ingle" vault show 2 >out 2>err || code=$?
    [ $code -eq 3 ] && grep -q third out && break
done
[ $code -eq 3 ] || fail "nothing harms the conversation alone: $(cat err)"
damaged n 'What is said is kept in the vault'
leave
damaged y 'Kept in the vault as conversation 3\.$'
enter 'On with it.' "$after5"
leave
"$ingle" vault show 3 >out || fail "the copy is not there"
grep -q 'On with it' out && grep -q 'The third' out || fail "the copy is: $(cat out)"

# Locked: asked for, three times at most; nothing typed is "not kept".
"$ingle" vault forget --all 2>/dev/null || fail "it is not forgotten"
echo 'correct horse battery' | "$ingle" vault on --passphrase-from - >out || fail "not turned on"
chat -n 5
sees '^Passphrase of the vault'
type 'wrong horse battery'
keys Enter
sees 'not the vault.s passphrase'
sees '^Passphrase of the vault' 2 # what is typed before is thrown away
type 'correct horse battery'
keys Enter
sees 'What is said is kept in the vault'
unseen 'horse'
enter 'Hello.' '^Kept in the vault as conversation 1\.$'
leave
chat -n 5
sees '^Passphrase of the vault'
keys Enter
sees '^The vault is locked: this conversation is not kept; ingle vault unlock'
sees 'Nothing is kept\.$'
enter 'Hello.' "$after5"
leave
begin "$ingle" chat -m "$model" --continue
sees '^Passphrase of the vault'
keys Enter
ends 5
exit 0
