# ingle bench: the forms of its answer, and cpu's.
. "$(dirname "$0")/lib.sh"

number='[0-9.e+]*'
tps="\"tps\": {\"median\": $number, \"min\": $number, \"max\": $number}"
expect 0 "$ingle" bench -m "$tiny" -p 8,16 -n 4 -d 0,8 -t 1,2 -r 2 -o json
prints "^\[{\"test\": \"pp8\", \"n_prompt\": 8, \"n_gen\": 0, \"depth\": 0, \"threads\": 1, $tps}, "
prints "{\"test\": \"tg4\", \"n_prompt\": 0, \"n_gen\": 4, \"depth\": 8, \"threads\": 2, $tps}\]\$"
[ "$(grep -o '"test"' "$tmp/out" | wc -l)" -eq 12 ] || fail "not 2 x 2 x 3 tests"
expect 0 "$ingle" bench -m "$tiny" -p 8 -n 0 -r 1 --output csv
[ "$(wc -l <"$tmp/out")" -eq 2 ] || fail "csv is not two lines"
prints '^pp8,8,0,0,'
expect 0 "$ingle" bench -m "$tiny" -p 0 -n 2 -r 3 -c auto -b 4
prints '^| tg2 '
refused 2 'like 64,512' "$ingle" bench -m "$tiny" -p x
refused 2 'like 64,512' "$ingle" bench -m "$tiny" -n 1,,2
refused 6 'holds 4 tokens' "$ingle" bench -m "$tiny" -p 8 -n 0 -c 4 -r 1

expect 0 "$ingle" cpu
prints '^tiers .* ref'
prints '^cores '
expect 0 "$ingle" cpu --json
prints '"used": "'
expect 0 env INGLE_CPU=ref "$ingle" cpu --json
prints '"used": "ref"'
exit 0
