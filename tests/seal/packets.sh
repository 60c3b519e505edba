# No packet leaves: the whole product runs in a network namespace whose only way out is a cable to
# another namespace, where everything that arrives is counted. $PROMPTS prompts over all features;
# then one packet is sent on purpose, which must be counted.
#
#     near namespace                        far namespace
#     ingle, default route --- near|far --- capture
skip() {
    echo "skipped: $*"
    exit 77
}

if [ -z "${IN_NAMESPACE:-}" ]; then
    command -v ip >/dev/null || skip "no ip command (iproute2)"
    unshare -Urn true 2>/dev/null || skip "this machine allows no user namespaces"
    IN_NAMESPACE=1 exec unshare -Urn --kill-child bash "$0"
fi
. "$(dirname "$0")/../cli/lib.sh"
model=$SHARED/models/stories260K.gguf
[ -f "$model" ] || model=$MODELS/tiny.gguf

# ---- the cable ----

ip link add near type veth peer name far 2>"$tmp/err" || skip "no veth here: $(cat "$tmp/err")"
unshare -n bash -c "
    until ip link show far >/dev/null 2>&1; do sleep 0.05; done
    echo 1 >/proc/sys/net/ipv6/conf/far/disable_ipv6
    ip addr add 10.9.0.2/24 dev far
    ip link set lo up
    ip link set far up
    sleep 1.5
    exec $CAPTURE far
" >"$tmp/capture.out" 2>"$tmp/capture.err" &
far=$!
trap 'kill $far 2>/dev/null; rm -rf "$tmp"' EXIT
until [ "$(readlink "/proc/$far/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
    ip link set far netns "$far" 2>/dev/null; do
    kill -0 "$far" 2>/dev/null || skip "no second network namespace"
    sleep 0.05
done
echo 0 >/proc/sys/net/ipv6/conf/near/accept_dad
echo 0 >/proc/sys/net/ipv6/conf/near/router_solicitations
ip link set lo up
ip addr add 10.9.0.1/24 dev near
ip link set near up
ip addr add fd09::1/64 dev near
ip route add default via 10.9.0.2
ip -6 route add default dev near
for _ in $(seq 2000); do
    grep -q ready "$tmp/capture.out" && break
    kill -0 "$far" 2>/dev/null || skip "nothing can be captured: $(cat "$tmp/capture.err")"
    sleep 0.05
done
grep -q ready "$tmp/capture.out" || fail "the far end is not ready"
# The kernel announces addresses for some seconds, again within a second: till it has been silent.
n_before=-1
while n=$(wc -l <"$tmp/capture.err") && [ "$n" -ne "$n_before" ]; do
    n_before=$n
    sleep 2.5
done

# ---- the product ----

n=0
words() { echo "number $n: the lighthouse at $((n % 24)):15, meet Ana Weber in Lisbon, ana$n@example.org"; }
try() {
    n=$((n + 1))
    timeout "$patience" "$ingle" "$@" >"$tmp/out" 2>"$tmp/err" <"$tmp/in" || fail "ingle $*"
}
: >"$tmp/in"
printf '%s\n' 'The harbour was closed on 3 May. Two ships waited outside. A pilot came at noon.' \
    'In the evening both had left again.' >"$tmp/text.txt"
printf 'int main(void) {\n    return \n}\n' >"$tmp/main.c"
printf '{"type": "object"}' >"$tmp/schema.json"
printf '{"name": "Ann"}' >"$tmp/person.json"
printf '{{ messages[0].content }}' >"$tmp/chat.jinja"
printf '%s\n' '{"app": "Mail", "title": "Ana", "body": "Are you coming at six?", "time": "2026-11-26T08:00:00Z"}' \
    >"$tmp/notes.jsonl"
# What is said is kept, too.
"$ingle" vault on --with key-file >"$tmp/out" 2>"$tmp/err" || says 'without libsodium'
while [ "$n" -lt "${PROMPTS:-50}" ]; do
    words >"$tmp/line"
    try run -m "$model" -p "@$tmp/line" -n 8
    cp "$tmp/line" "$tmp/in"
    try chat -m "$model" -n 8
    : >"$tmp/in"
    try intent "$(cat "$tmp/line")"
    try redact "$tmp/line"
    try summarize "$tmp/text.txt"
    try summarize --extractive --style bullets "$tmp/line" "$tmp/text.txt"
    try notify "$tmp/notes.jsonl"
    try tokens -m "$model" "$(cat "$tmp/line")"
    try run -m "$model" -p "@$tmp/line" -n 8 --json --regex '[a-z ]{1,20}'
    try rewrite -m "$model" --as concise "$tmp/line"
    try draft -m "$model" note --about "$(cat "$tmp/line")"
    try logits -m "$model" --tokens 1,2,3 --top 3
    try show "$model"
    try complete -m "$MODELS/fim.gguf" -n 8 --file "$tmp/main.c" --line 2
    try constrain --schema "$tmp/schema.json" --text "$tmp/person.json"
    printf '[{"role": "user", "content": "%s"}]' "$(cat "$tmp/line")" >"$tmp/in"
    try template --template "$tmp/chat.jinja" --messages -
    : >"$tmp/in"
done
n_after=$(wc -l <"$tmp/capture.err")
[ "$n_after" -eq "$n_before" ] || fail "packets left: $(tail -n $((n_after - n_before)) "$tmp/capture.err")"

# ---- the far end is not deaf ----

echo hello >/dev/udp/10.9.0.77/4711
for _ in $(seq 1000); do
    [ "$(wc -l <"$tmp/capture.err")" -gt "$n_after" ] && break
    sleep 0.05
done
[ "$(wc -l <"$tmp/capture.err")" -gt "$n_after" ] || fail "a packet that was sent was not counted"
echo "$n prompts, no packet"
