# ingle bench: the forms of its answer, and cpu's.
. "$(dirname "$0")/lib.sh"

number='[0-9.e+]*'
tps="\"tps\": {\"median\": $number, \"min\": $number, \"max\": $number}"
expect 0 "$ingle" bench -m "$tiny" -p 8,16 -n 4 -d 0,8 -t 1,2 -r 2 -o json
prints "^\[{\"test\": \"pp8\", \"n_prompt\": 8, \"n_gen\": 0, \"depth\": 0, \"threads\": 1, $tps}, "
prints "{\"test\": \"tg4\", \"n_prompt\": 0, \"n_gen\": 4, \"depth\": 8, \"threads\": 2, $tps}\]\$"
[ "$(grep -o '"test"' "$tmp/out" | wc -l)" -eq 12 ] || fail "not 2 x 2 x 3 tests"
sed 's/.*"median": \([^,]*\), "min": \([^,]*\), "max": \([^}]*\).*/\1 \2 \3/' "$tmp/out" |
    awk '{ exit !($2 > 0 && $2 <= $1 && $1 <= $3) }' || fail "min, median and max are out of order"
expect 0 "$ingle" bench -m "$tiny" -p 8 -n 0 -r 1 --output csv
[ "$(wc -l <"$tmp/out")" -eq 2 ] || fail "csv is not two lines"
prints '^pp8,8,0,0,'
expect 0 "$ingle" bench -m "$tiny" -p 0 -n 2 -r 3 -c auto -t auto -b 4
prints '^| tg2 '
awk '{ print length }' "$tmp/out" | sort -u | wc -l | grep -qx 1 || fail "the table is crooked"
expect 0 "$ingle" bench -m "$tiny" -p 0 -n 0 --json
[ "$(cat "$tmp/out")" = '[]' ] || fail "nothing to measure is no empty array"

# llama-bench's ways to write lists.
tests_of() {
    expect 0 "$ingle" bench -m "$tiny" -r 1 "$@" --json
    grep -o '"\(pp\|tg\)[0-9]*"' "$tmp/out" | tr -d '"' | tr '\n' ' '
}
[ "$(tests_of -p 2-6+2 -n 0)" = 'pp2 pp4 pp6 ' ] || fail "2-6+2: $(tests_of -p 2-6+2 -n 0)"
[ "$(tests_of -p 1-9*3 -n 1-2)" = 'pp1 pp3 pp9 tg1 tg2 ' ] || fail "1-9*3 and 1-2"
[ "$(tests_of -p 2 -p 4,3 -n 0)" = 'pp2 pp4 pp3 ' ] || fail "an option given twice"
for list in x 1,,2 1, 2-1 1-9*1 0-9*2 1-2+0 1-100 -1 4194305 99999999999999999999; do
    refused 2 'like 64,512' "$ingle" bench -m "$tiny" -p "$list"
done
refused 2 'like 64,512' "$ingle" bench -m "$tiny" -t 257
refused 6 'holds 4 tokens and 8 are given' "$ingle" bench -m "$tiny" -p 8 -n 0 -c 4 -r 1
# What was measured before a failure stays, and is whole.
expect 6 "$ingle" bench -m "$tiny" -p 2,8 -n 0 -c 4 -r 1 --json
prints '^\[{"test": "pp2".*}\]$'
refused 6 'holds 4 tokens' "$ingle" bench -m "$tiny" -p 8 -n 0 -c 4 -r 1 --json

expect 0 "$ingle" cpu
prints '^tiers  *ref'
prints '^cores '
expect 0 "$ingle" cpu --json
prints '"used": "'
expect 0 env INGLE_CPU=ref "$ingle" cpu --json
prints '"used": "ref"'
exit 0
