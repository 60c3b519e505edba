# ingle cpu and the number of threads: what is measured, kept, and said.
. "$(dirname "$0")/lib.sh"
kept=$XDG_CACHE_HOME/ingle/tune

# Looking writes nothing.
expect 0 "$ingle" cpu
prints '^online  *[0-9]* processors, [0-9]* usable$'
prints '^cores  *[0-9]*, [0-9]* of them fast$'
prints '^threads  *[0-9]*, not measured: .*\.$'
[ ! -e "$XDG_CACHE_HOME" ] || fail "looking wrote something"
expect 0 "$ingle" cpu --json
prints '"threads": {"use": [0-9]*, "measured": 0, "note": ".*\.", "speeds": \['

# One processor: nothing to measure, nothing written.
expect 0 taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')" "$ingle" cpu --tune
prints '^threads  *1, not measured: There is only one number of threads to choose\.$'
[ ! -e "$XDG_CACHE_HOME" ] || fail "one processor was measured"
expect 0 "$ingle" cpu
if grep -q 'only one number' "$tmp/out"; then
    exit 0 # this machine has one
fi
prints 'holds no results of tuning yet\.$'

# Measured, unless it was never quiet; kept; not again.
expect 0 "$ingle" cpu --tune
prints '^threads  *[0-9]*, \(measured on [-0-9]* [:0-9]*; 1: [0-9.]* GB/s, .* GB/s\|not measured: .* too busy to measure\.\)$'
[ "$(wc -l <"$kept")" -eq 1 ] || fail "not one line was kept"
expect 0 "$ingle" run -m "$tiny" -p a -n 2 --stats
says 'threads [0-9]*, seed'
[ "$(wc -l <"$kept")" -eq 1 ] || fail "run measured again"

# A kept result is used: 1 thread, which nobody would choose here; -t wins.
sed 's/^1\t[0-9]*\t[0-9]*\t/1\t1700000000\t1\t/; s/=[0-9]*/=5000/g' "$kept" >line
cp line "$kept"
expect 0 "$ingle" cpu
prints '^threads  *1, measured on 2023-11-1[45] .*; 1: 5.0 GB/s'
expect 0 "$ingle" run -m "$tiny" -p a -n 2 --stats
says 'threads 1, seed'
expect 0 "$ingle" run -m "$tiny" -p a -n 2 --stats -t 3
says 'threads 3, seed'
expect 0 "$ingle" bench -m "$tiny" -p 4 -n 0 -r 1 -o csv
prints '^pp4,4,0,0,1,'
expect 0 "$ingle" bench -m "$tiny" -p 4 -n 0 -r 1 -o csv -t 2,0
prints '^pp4,4,0,0,2,'
prints '^pp4,4,0,0,1,'

# A file that is broken, or tells of another machine: passed over, and measured again when needed.
printf 'nonsense\n1\t5' >"$kept"
expect 0 "$ingle" cpu
prints 'not measured: .*has no result for this machine as it is now\.$'
expect 0 "$ingle" run -m "$tiny" -p a -n 2
[ "$(grep -c . "$kept")" -eq 3 ] || fail "the broken file was not added to"

# What cannot be kept: said, and only --tune fails over it.
: >file
XDG_CACHE_HOME=$tmp/file refused 4 "Cannot create '.*file/ingle': " "$ingle" cpu --tune
XDG_CACHE_HOME=$tmp/file expect 0 "$ingle" cpu
prints 'holds no results of tuning yet\.$'
XDG_CACHE_HOME=$tmp/file expect 0 "$ingle" run -m "$tiny" -p a -n 2
mkdir -p full/ingle
head -c 1000 /dev/zero >full/ingle/tune
XDG_CACHE_HOME=$tmp/full refused 6 'Cannot write the tuning file' \
    bash -c "ulimit -f 1; exec '$ingle' cpu --tune"
[ "$(wc -c <full/ingle/tune)" -eq 1000 ] || fail "half a line was kept"

# Without a place, nothing is measured but on demand.
expect 0 env -u XDG_CACHE_HOME -u HOME "$ingle" cpu
prints 'not measured: There is no folder for results of tuning\.$'
expect 0 env -u XDG_CACHE_HOME -u HOME "$ingle" cpu --tune
expect 0 env XDG_CACHE_HOME=relative HOME="$tmp/home" "$ingle" run -m "$tiny" -p a -n 2
[ -s home/.cache/ingle/tune ] || fail "HOME was not used"
[ ! -e relative ] || fail "a relative folder was used"
exit 0
