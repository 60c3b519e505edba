# ingle audit: what it lists, verifies, exports; that it says so of a log that was changed.
. "$(dirname "$0")/lib.sh"

log=$XDG_STATE_HOME/ingle/audit/audit.log
refused 4 'no audit log' "$ingle" audit verify
refused 4 'no audit log' "$ingle" audit list
refused 4 'no audit log' "$ingle" audit head
refused 4 'no audit log' "$ingle" audit export
[ ! -e "$XDG_STATE_HOME" ] || fail "asking made a folder"
refused 2 'list, verify, head or export' "$ingle" audit
refused 2 'list, verify, head or export' "$ingle" audit lst
refused 2 'one word too many' "$ingle" audit head x
refused 2 'one word too many' "$ingle" audit list x y
refused 2 'no hash' "$ingle" audit verify --head 12
refused 2 'for ingle audit verify alone' "$ingle" audit list --head "$(printf '%064d' 0)"
refused 2 'for ingle audit list alone' "$ingle" audit verify --since "$(printf '%064d' 0)"

"$ingle" config threads 1 2>err
grep -q libsodium err && exit 77 # a build without a log
for i in 2 3 4 5; do expect 0 "$ingle" config threads $i; done
[ ! -s err ] || fail "words about a success: $(cat err)"
for file in "$XDG_STATE_HOME"/ingle/audit/*; do
    [ "$(stat -c %a "$file")" = 600 ] || fail "$file is open to others"
done
[ "$(stat -c %a "$XDG_STATE_HOME/ingle/audit")" = 700 ] || fail "the folder is open to others"

# start, and of every command a change and a checkpoint.
expect 0 "$ingle" audit list
[ "$(wc -l <out)" -eq 11 ] || fail "not 11 records: $(cat out)"
prints '^     2  20[0-9-]* [0-9:]*  config      key=threads  value=1$'
expect 0 "$ingle" audit list --json
cmp -s out "$log" || fail "the records are not the lines of the log"
expect 0 "$ingle" audit head
head=$(cat out)
echo "$head" | grep -q '^11 [0-9a-f]\{64\}$' || fail "head: $head"
expect 0 "$ingle" audit head --json
prints '^{"last": 11, "head": "[0-9a-f]*"}$'
expect 0 "$ingle" audit verify
prints '^11 records, all as they were written; 5 checkpoints signed.$'
expect 0 "$ingle" audit verify --head "$head"
prints 'The record that was noted is in it'
expect 0 "$ingle" audit verify --json --head "${head#* }"
prints '^{"ok": true, "records": 11, "checkpoints": 5, "after_last_checkpoint": 0, "lost": 0, '
prints '"noted_head_found": true}$'
expect 0 "$ingle" config threads 6
expect 0 "$ingle" audit list --since "$head"
[ "$(wc -l <out)" -eq 2 ] || fail "not what came since: $(cat out)"
refused 4 'No record has the hash' "$ingle" audit list --since "$(printf '%064d' 0)"

# Anybody can check it: the hashes with sha256sum, all of it with python.
line=$(sed -n 3p "$log")
sum=$(printf '%s' "${line%,\"hash\"*}" | sha256sum | cut -d ' ' -f 1)
[ "$sum" = "$(echo "$line" | sed 's/.*"hash":"\([0-9a-f]*\)"}$/\1/')" ] || fail "not the SHA-256: $line"
expect 0 "$ingle" audit export
cp out export.json
if command -v python3 >/dev/null; then
    python3 - export.json <<'PY' || fail "the export is not what it says"
import hashlib, json, sys
text = open(sys.argv[1]).read()
log = json.loads(text)
prev, n = "0" * 64, 0
for line in text.split("\n")[1:-2]:
    record = json.loads(line.rstrip(","))
    n += 1
    assert record["seq"] == n and record["prev"] == prev, record
    prev = hashlib.sha256(line[: line.index(',"hash"')].encode()).hexdigest()
    assert record["hash"] == prev, record
assert log["records"][0]["fields"]["key"] == log["key"]
assert log["head"]["last"]["hash"] == prev and log["head"]["last"]["seq"] == n == 13
PY
fi
expect 0 env HOME=/nowhere XDG_STATE_HOME=/nowhere "$ingle" audit verify export.json
prints '^13 records'
expect 0 "$ingle" audit list export.json
[ "$(wc -l <out)" -eq 13 ] || fail "the export lacks records"
sed '5s/threads/breads/' export.json >changed.json
refused 3 'Record 4 .*byte .*hash is that of its content' "$ingle" audit verify changed.json
head -c 2000 export.json >cut.json
refused 3 'ends with a whole record' "$ingle" audit verify cut.json
refused 4 'nothere' "$ingle" audit verify nothere.json
echo '{}' >other.json
refused 3 'form' "$ingle" audit verify other.json
refused 3 'regular file' "$ingle" audit verify /dev/null

# A log that was changed: named by verify, told by list, not exported, and nothing is added to it;
# the command that would have added something goes on.
cp -a "$XDG_STATE_HOME/ingle/audit" whole
back() { rm -rf "$XDG_STATE_HOME/ingle/audit" && cp -a whole "$XDG_STATE_HOME/ingle/audit"; }
sed -i '4s/threads/breads/' "$log"
refused 3 'Record 4 of the audit log (byte 1[0-9]*) breaks a rule: .*hash' "$ingle" audit verify
expect 3 "$ingle" audit list
[ "$(wc -l <out)" -eq 3 ] || fail "not the good records: $(cat out)"
expect 3 "$ingle" audit verify --json
prints '^{"ok": false, .*"rule": "HASH".*"first_bad": 4, "byte": 1'
refused 3 'not exported' "$ingle" audit export
back
sed -i '$d' "$log"
refused 3 'Record 13 .*reaches as far as its head says' "$ingle" audit verify
expect 0 "$ingle" config threads 7
one_sentence
says 'is not what was written'
expect 0 "$ingle" config threads
[ "$(cat out)" = 7 ] || fail "the change was not made"
refused 3 'Record 13' "$ingle" audit verify
back
expect 0 "$ingle" config threads 8
expect 0 "$ingle" audit head
head=$(cat out)
back # an older copy of all of it
expect 0 "$ingle" audit verify
refused 3 'was cut or put back' "$ingle" audit verify --head "$head"

# Places that cannot be: said once, and the command goes on.
back
chmod 755 "$XDG_STATE_HOME/ingle/audit"
expect 0 "$ingle" config threads 9
one_sentence
says 'open to other users'
refused 5 'open to other users' "$ingle" audit verify
chmod 700 "$XDG_STATE_HOME/ingle/audit"
: >plain
expect 0 env XDG_STATE_HOME="$tmp/plain" "$ingle" config threads 9
one_sentence
refused 4 'neither HOME nor XDG_STATE_HOME' env -u HOME -u XDG_STATE_HOME "$ingle" audit verify
if [ -e /dev/full ]; then
    expect 6 bash -c '"$0" audit list >/dev/full' "$ingle"
    one_sentence
    expect 6 bash -c '"$0" audit export >/dev/full' "$ingle"
    one_sentence
fi
exit 0
