#!/usr/bin/env bash
# What works with nothing installed but the binary: no home, no model, no data.
source=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

bare() { expect 0 env -i HOME=/nonexistent PATH=/nonexistent "$ingle" "$@"; }

bare intent "wake me up at seven"
prints alarm
bare intent --json "the lighthouse was painted twice"
prints '"intent": null'
printf 'what is my balance\nset a timer for five minutes\n' >"$tmp/in"
bare intent --json -
[ "$(grep -c '"intent": "\(balance\|timer\)"' "$tmp/out")" = 2 ] || fail "a line in, an answer out"

printf 'Please call Maria Castellanos on +49 30 901820.\n' >"$tmp/letter"
bare redact "$tmp/letter"
prints '\[PERSON_1\].*\[PHONE_NUMBER_1\]'

bare summarize --length short "$source/docs/security.md"
says 'No language model'
[ -s "$tmp/out" ] || fail "a summary says nothing"

bare notify --now 2026-11-26T08:40:00Z "$source/examples/notifications.jsonl"
prints 'not shown'
! grep -q 482913 "$tmp/out" || fail "a one-time code is repeated"
