#!/usr/bin/env bash
# The built-in models meet their targets on held-out data; what they miss is known (docs/builtin.md).
source=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
[ -d "$SHARED/data/intents" ] || { echo "the test sets are not here: $SHARED/data"; exit 77; }
INGLE_SHARED_DIR=$SHARED "$source/bench/eval" "$(dirname "$ingle")" >"$tmp/out" || fail "bench/eval failed"
# Times depend on what else the machine does.
missed=$(grep ' missed$' "$tmp/out" | grep -vE 'targets met|HWU64, a pack of|median|percentile|the time to learn')
[ -z "$missed" ] || fail "missed: $missed"
hwu64=$(sed -n 's/^HWU64, a pack of.* \([0-9.]*\) %  *missed$/\1/p' "$tmp/out")
[ -z "$hwu64" ] || [ "${hwu64%.*}" -ge 88 ] || fail "HWU64 was 88.7 % and is $hwu64 %"
[ "$(grep -c ' met$' "$tmp/out")" -ge 15 ] || fail "targets are missing: $(cat "$tmp/out")"
