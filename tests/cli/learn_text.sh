# ingle learn text: a model from a text, a run that is stopped and goes on, texts that are none.
. "$(dirname "$0")/lib.sh"

awk 'BEGIN {
    srand(3)
    split("cat dog horse goose pony rabbit", animal)
    split("red blue green brown white", colour)
    for (i = 0; i < 1500; i++) {
        a = animal[int(rand() * 6) + 1]; c = colour[int(rand() * 5) + 1]
        print "The " a " is " c " and so a " c " " a " it is."
    }
}' >text.txt
learn="$ingle learn text --data text.txt --dim 32 --layers 1 --ctx 32 --vocab 300 --batch 256"

# The file is a model that writes the language; threads do not change it, the seed does.
expect 0 $learn -o a.gguf --steps 60 --seed 5 --threads 1 --json
prints '"steps": 60, .*"bits_per_byte": [0-9.]*}$'
says '^vocabulary 1/1  300 tokens'
says '^text 60/60  loss [0-9.]*  [0-9]* tok/s  held out [0-9.]*$'
expect 0 $learn -o b.gguf --steps 60 --seed 5 --threads 2 --name a.gguf
cmp -s a.gguf b.gguf || fail "threads change the model"
prints '^b.gguf: 0.02 million parameters, 60 steps'
expect 0 $learn -o b.gguf --steps 60 --seed 6 --name a.gguf
cmp -s a.gguf b.gguf && fail "the seed changes nothing"
expect 0 "$ingle" show a.gguf
prints 'general.architecture *"llama"'
expect 0 "$ingle" run -m a.gguf -p The -n 20 --temp 0
expect 0 "$ingle" tokens -m a.gguf 'The cat'
prints '^\[299, '
for type in f32 q8_0; do
    expect 0 $learn -o c.gguf --steps 1 --type $type
    expect 0 "$ingle" run -m c.gguf -p The -n 3
done
cp text.txt in
cat text.txt | "$ingle" learn text --data - --dim 32 --layers 1 --ctx 32 --vocab 300 --batch 256 \
    -o b.gguf --steps 60 --seed 5 --name a.gguf >/dev/null 2>&1 || fail "from standard input"
cmp -s a.gguf b.gguf || fail "standard input is another text"

# By the clock, which counts what is spent on steps and scores.
expect 0 $learn -o c.gguf --minutes 0.01 --json
says '^text 1/1  loss'
prints '"seconds": 0\.[6-9]\|"seconds": [1-9]'

# begin FILE OPTION...: a run in the background, which is past reading its text. $pid
begin() {
    file=$1
    shift
    : >err
    $learn -o "$file" --seed 5 "$@" >/dev/null 2>err &
    pid=$!
    for _ in $(seq 3000); do
        grep -q vocabulary err && return
        sleep 0.01
    done
    fail "it does not begin"
}

# Ctrl-C leaves a whole checkpoint and nothing else; from there on it is the same run.
begin stopped.gguf --steps 4000
sleep 0.3
kill -INT $pid
code=0
wait $pid || code=$?
[ "$code" -eq 130 ] || fail "exit code $code instead of 130"
says "Stopped at step [0-9]*; --resume 'stopped.gguf.checkpoint'"
[ "$(ls -A | grep -c stopped)" -eq 1 ] || fail "more than a checkpoint: $(ls -A)"
step=$(sed -n 's/.*Stopped at step \([0-9]*\);.*/\1/p' err)
[ "$step" -lt 4000 ] || fail "it was not stopped"

for _ in 1 2 3 4 5; do # a busy machine may look away until the run is over
    begin x.gguf --steps 400
    kill -INT $pid 2>/dev/null
    wait $pid
    [ -e x.gguf.checkpoint ] && break
done
[ -e x.gguf.checkpoint ] || fail "no checkpoint: $(cat err)"
expect 0 "$ingle" learn text --data text.txt -o x.gguf --resume x.gguf.checkpoint --name same
expect 0 $learn -o y.gguf --steps 400 --seed 5 --name same
cmp -s x.gguf y.gguf || fail "a run that was stopped ends with another model"

# What does not go with the checkpoint.
resume="$ingle learn text --data text.txt -o z.gguf --resume x.gguf.checkpoint"
refused 2 'dim is not what it was' $resume --dim 64
refused 2 'seed is not what it was' $resume --seed 9
head -c 40000 text.txt >less.txt
expect 2 "$ingle" learn text --data less.txt -o z.gguf --resume x.gguf.checkpoint
says 'another text'
{ head -c 5000 x.gguf.checkpoint; printf 'xyzxyzxy'; tail -c +5009 x.gguf.checkpoint; } >bad.checkpoint
refused 3 'damaged' "$ingle" learn text --data text.txt -o z.gguf --resume bad.checkpoint
head -c 300 x.gguf.checkpoint >short.checkpoint
refused 3 'longer or shorter' "$ingle" learn text --data text.txt -o z.gguf --resume short.checkpoint
refused 3 'does not begin as one' "$ingle" learn text --data text.txt -o z.gguf --resume text.txt
refused 4 'nowhere' "$ingle" learn text --data text.txt -o z.gguf --resume nowhere

# Texts that are none, and options that make no model.
: >empty.txt
refused 3 "'empty.txt' is empty" "$ingle" learn text --data empty.txt -o z.gguf
printf 'caf\351 au lait\n' >latin.txt
refused 3 "'latin.txt' is not UTF-8 text: byte 3" "$ingle" learn text --data latin.txt -o z.gguf
printf 'a\0b' >binary.txt
refused 3 'byte 1 is 0' "$ingle" learn text --data binary.txt -o z.gguf
refused 3 'not a regular file' "$ingle" learn text --data . -o z.gguf
refused 4 'nowhere.txt' "$ingle" learn text --data nowhere.txt -o z.gguf
echo 'short' >short.txt
refused 2 'too short for a context of 256' "$ingle" learn text --data short.txt -o z.gguf
refused 2 'either --steps or --minutes' $learn -o z.gguf --steps 3 --minutes 1
refused 2 'shared among 5 heads' $learn -o z.gguf --steps 3 --heads 5
refused 2 'q8_0 needs a width' $learn -o z.gguf --steps 3 --dim 40 --heads 1 --type q8_0
refused 2 'learn text alone' "$ingle" learn encoder --data text.txt -o z.gguf --dim 64
refused 2 'unknown option\|no option' $learn -o z.gguf --epochs 3
ls -A | grep -q '^z' && fail "something is left behind: $(ls -A)"

# A disk that is full: the sentence, and for a stopped run too.
[ -e /dev/full ] || exit 0
expect 6 $learn -o /dev/full --steps 3
says "Cannot write to '/dev/full': No space left"
begin w.gguf --steps 4000 --checkpoint /dev/full
kill -INT $pid
code=0
wait $pid || code=$?
[ "$code" -eq 6 ] || fail "exit code $code instead of 6: $(cat err)"
[ -e w.gguf ] && fail "something is left behind"
true
