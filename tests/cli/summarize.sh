# ingle summarize: documents of all kinds in, summaries out, and what cannot be summarised.
. "$(dirname "$0")/lib.sh"
chat=$MODELS/chat.gguf

# pdf NAME TEXT [EXTRA]: a PDF of one page with that text; EXTRA goes into its trailer.
pdf() {
    stream="BT /F1 12 Tf 72 720 Td ($2) Tj ET"
    [ -n "$2" ] || stream=
    objects=('<</Type/Catalog/Pages 2 0 R>>' '<</Type/Pages/Kids[3 0 R]/Count 1>>'
        '<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>'
        "<</Length ${#stream}>>stream
$stream
endstream" '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>')
    printf '%%PDF-1.4\n' >"$1"
    places=
    for i in "${!objects[@]}"; do
        places+=$(printf '%010d 00000 n \\n' "$(wc -c <"$1")")
        printf '%d 0 obj\n%s\nendobj\n' $((i + 1)) "${objects[$i]}" >>"$1"
    done
    start=$(wc -c <"$1")
    printf "xref\n0 6\n0000000000 65535 f \n$places" >>"$1"
    printf 'trailer<</Size 6/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n' "${3:-}" "$start" >>"$1"
}

printed() { [ "$(cat "$tmp/out")" = "$1" ] || fail "printed '$(cat "$tmp/out")' instead of '$1'"; }
quiet() { [ ! -s "$tmp/err" ] || fail "words on standard error"; }
own() { expect 0 "$ingle" summarize --extractive "$@"; }

# ---- kinds of documents ----

story='The harbour froze in the winter. The ships of the harbour stayed where they were. Nobody came.'
printf '%s\n' "$story" >story.txt
own story.txt
printed "$story"
quiet
own story.txt --style bullets
[ "$(grep -c '^- ' "$tmp/out")" -eq 3 ] || fail "not three points"
own story.txt --style tldr
[ "$(wc -l <"$tmp/out")" -eq 1 ] || fail "not one line"
own --length short story.txt
[ "$(grep -o '\.' "$tmp/out" | wc -l)" -eq 2 ] || fail "not two sentences"
expect 0 "$ingle" summarize story.txt
one_sentence
says 'No language model is given (-m): these are the most telling sentences'
printed "$story"

printf '# Frost\n\nThe **harbour** froze, says [the paper](http://x.example).\n' >a.md
own a.md
printed 'The harbour froze, says the paper.'
printf '<title>x</title><script>no()</script><p>The harbour froze &amp; stood.' >a.html
own a.html
printed 'The harbour froze & stood.'
printf 'From: Ann <a@x.example>\nTo: b@x.example\nSubject: =?utf-8?q?Caf=C3=A9?=\n\nThe harbour froze.\n-- \nAnn\n' >a.eml
own a.eml
printed 'The harbour froze.'
own a.eml --json
prints '"kind": "mail", "title": "Café"'
printf '/* The harbour freezes. */\nint freeze(void) {\n    return 0;\n}\n' >a.c
own a.c
printed 'The harbour freezes.'
cp story.txt "$tmp/in"
own -
printed "$story"
cp a.html "$tmp/in"
own
printed 'The harbour froze & stood.'

# ---- several files ----

printf 'The mill burned down. The miller fled.\n' >mill.txt
own story.txt mill.txt --length long
prints 'harbour.*mill'
own --each story.txt mill.txt
[ "$(sed -n 1p "$tmp/out")" = '# story.txt' ] || fail "the first file is not named"
[ "$(sed -n 5p "$tmp/out")" = '# mill.txt' ] || fail "the second file is not named: $(cat "$tmp/out")"
own --each --json story.txt mill.txt
[ "$(wc -l <"$tmp/out")" -eq 2 ] || fail "not an object a line"
own --json story.txt mill.txt
prints '^{"summary": "The .*", "extractive": true, "style": "prose", "length": "medium", "parts": 1, "guard": "not needed"'
prints '"documents": \[{"name": "story.txt", "kind": "text", .*}, {"name": "mill.txt"'
refused 2 'can be read once' "$ingle" summarize --extractive - -

# ---- encodings ----

printf 'The caf\351 \223froze\224 over.\n' >latin.txt
own latin.txt
says "'latin.txt': The text is no UTF-8; it is read as Windows-1252\."
printed 'The café “froze” over.'
printf '\377\376T\0h\0e\0 \0s\0e\0a\0.\0' >utf16.txt
own utf16.txt
printed 'The sea.'
quiet

# ---- what cannot be ----

refused 4 nosuch "$ingle" summarize --extractive nosuch.txt
refused 4 nosuch "$ingle" summarize -m nosuch.gguf story.txt
refused 3 'is not a regular file' "$ingle" summarize --extractive .
: >empty.txt
refused 3 "'empty.txt' is empty" "$ingle" summarize --extractive empty.txt
refused 3 "'standard input' is empty" "$ingle" summarize --extractive -
printf ' \n\n\n' >blank.txt
refused 3 "'blank.txt' says nothing" "$ingle" summarize --extractive blank.txt
printf '<nav>Home</nav>' >nothing.html
refused 3 "'nothing.html' says nothing" "$ingle" summarize --extractive nothing.html
printf 'one\0two' >zero.txt
refused 3 "byte 3 is zero" "$ingle" summarize --extractive zero.txt
refused 3 "'$tiny' is no text but a model (GGUF)" "$ingle" summarize --extractive "$tiny"
printf 'PK\003\004rest' >a.docx
refused 3 'ZIP archive' "$ingle" summarize --extractive a.docx
refused 2 'style is .loud' "$ingle" summarize --extractive --style loud story.txt
refused 3 "'zero.txt' is no text" "$ingle" summarize --extractive --each story.txt zero.txt
truncate -s 100M big.txt
refused 6 "'big.txt' is longer than 64 MiB" "$ingle" summarize --extractive big.txt
refused 6 'longer than 64 MiB' sh -c "'$ingle' summarize --extractive - <big.txt"
rm big.txt

# ---- PDFs ----

if ! command -v pdftotext >/dev/null; then
    echo "skipped: no pdftotext (poppler-utils)"
    exit 77
fi
pdf a.pdf 'The harbour froze.'
own a.pdf
printed 'The harbour froze.'
quiet
own a.pdf --json
prints '"kind": "pdf"'
cp a.pdf ./-q.pdf
own -- -q.pdf
printed 'The harbour froze.'
cp a.pdf "$tmp/in"
own -
printed 'The harbour froze.'
own a.pdf story.txt --each
prints '# a.pdf'
pdf blank.pdf ''
refused 3 "'blank.pdf' has no text; are its pages pictures" "$ingle" summarize --extractive blank.pdf
head -c 60 a.pdf >cut.pdf
refused 3 "'cut.pdf' is no readable PDF: pdftotext says" "$ingle" summarize --extractive cut.pdf
key=$(printf '01%.0s' $(seq 32))
pdf locked.pdf 'Secret.' "/ID[<$key><$key>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<$key>/U<$key>>>"
refused 3 "'locked.pdf' is encrypted and wants a password" "$ingle" summarize --extractive locked.pdf
mkdir bin nobin
refused 4 'install the package poppler-utils' env PATH="$tmp/nobin" "$ingle" summarize --extractive a.pdf
printf '#!/bin/sh\nexec yes\n' >bin/pdftotext
chmod +x bin/pdftotext
refused 6 "more than 64 MiB of text" env PATH="$tmp/bin:$PATH" "$ingle" summarize --extractive a.pdf
printf '#!/bin/sh\nkill -SEGV $$\n' >bin/pdftotext
refused 3 'ended by a fault' env PATH="$tmp/bin:$PATH" "$ingle" summarize --extractive a.pdf

# interrupted WAIT COMMAND...: Ctrl-C as soon as WAIT (a command) succeeds ends it with 130.
interrupted() {
    wait_for=$1
    shift
    "$@" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 3000); do $wait_for && break; sleep 0.01; done
    $wait_for || fail "it never came to that: $*"
    kill -INT $pid
    code=0
    wait $pid || code=$?
    [ $code -eq 130 ] || fail "Ctrl-C: exit code $code: $(cat err)"
    [ ! -s out ] || fail "half a summary: $(cat out)"
}
printf '#!/bin/sh\nexec sleep 100\n' >bin/pdftotext
has_child() {
    child=$(tr -d ' ' <"/proc/$pid/task/$pid/children")
    [ -n "$child" ] && grep -q sleep "/proc/$child/comm" 2>/dev/null
}
interrupted has_child env PATH="$tmp/bin:$PATH" "$ingle" summarize --extractive a.pdf
goes_on() { grep -q '^State:.*[RSD]' "/proc/$child/status" 2>/dev/null; } # not a zombie
for _ in $(seq 3000); do goes_on || break; sleep 0.01; done
goes_on && fail "pdftotext goes on"

# ---- with a model, of random weights: whatever it says, the form holds ----

model() { expect 0 "$ingle" summarize -m "$chat" "$@"; }
for i in $(seq 150); do printf 'The harbour froze in the year %d and the ships stayed. ' $((1500 + i)); done >long.txt
model story.txt --style bullets --length short --json
prints '"parts": 1, "guard": "\(passed\|passed again\|replaced\)"'
model long.txt -c 3000 --json
prints '"parts": [2-9]'
cp "$tmp/out" first
model long.txt -c 3000 --json -t 1
cmp -s first "$tmp/out" || fail "another number of threads, another summary"
grep -q '\[K' "$tmp/err" && fail "a progress line in a pipe"
expect 6 "$ingle" summarize -m "$chat" -c 200 story.txt
one_sentence
says 'takes a context of [0-9]* tokens; this one holds 200'
for i in $(seq 20); do cat long.txt; done >longer.txt
is_at_work() { hears $pid && sleep 0.3 && kill -0 $pid; }
interrupted is_at_work "$ingle" summarize -m "$chat" -c 3000 longer.txt
[ ! -s err ] || fail "words on standard error: $(cat err)"

# A model that was trained, on stories: its context is small and its facts are its own.
stories=$SHARED/models/stories260K.gguf
if [ -f "$stories" ]; then
    expect 0 "$ingle" summarize -m "$stories" -c 512 --length short --json long.txt
    prints '"parts": [0-9][0-9]*, "guard": "\(passed\|passed again\|parts replaced\|replaced\)"'
    grep -q '"parts": 1,' "$tmp/out" && fail "all of it in 512 tokens"
    [ "$(wc -l <"$tmp/out")" -eq 1 ] || fail "not one object"
fi

# On a terminal there is a line of progress, which is gone at the end.
command -v script >/dev/null || { echo "skipped: no script(1), which makes a terminal"; exit 77; }
printf -v words '%q ' "$ingle" summarize -m "$chat" -c 3000 long.txt
timeout "$patience" script -qec "$words" /dev/null </dev/null >"$tmp/tty" 2>&1 || fail "on a terminal: $(cat -v "$tmp/tty")"
grep -q 'part 1 of [2-9]' "$tmp/tty" || fail "no progress: $(cat -v "$tmp/tty")"
tr -d '\r' <"$tmp/tty" | tail -1 | grep -q 'part' && fail "progress stays: $(cat -v "$tmp/tty")"
exit 0
