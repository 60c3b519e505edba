# ingle notify --watch on a real session bus, with a real desktop that shows notifications (dunst,
# on a screen of its own) and a real app that sends them (notify-send). All of it is started here,
# on numbers and names of this run, and ended here, whatever happens.
started=()
. "$(dirname "$0")/lib.sh"
end_all() {
    for p in "${started[@]}"; do kill "$p" 2>/dev/null; done
    for p in "${started[@]}"; do wait "$p" 2>/dev/null; done
    rm -rf "$tmp"
}
trap end_all EXIT
trap 'exit 1' INT TERM HUP

unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR NO_COLOR
export HOME=$tmp

for program in dbus-daemon dunst notify-send Xvfb; do
    command -v $program >/dev/null || { echo "skipped: no $program here"; exit 77; }
done
if "$ingle" notify --watch 2>&1 </dev/null | grep -q 'built without D-Bus'; then
    echo "skipped: built without D-Bus"
    exit 77
fi

# within SECONDS COMMAND...: waits until it is true.
within() {
    local limit=$(($1 * 100))
    shift
    for _ in $(seq $limit); do
        "$@" && return
        sleep 0.01
    done
    fail "not in time: $*"
}
has_line() { grep -q -e "$2" "$1" 2>/dev/null; }
is_over() { ! kill -0 "$1" 2>/dev/null; }

# bus NAME [POLICY]: a session bus of its own; its address lies in NAME.address, its process in
# $bus_pid. It starts no service by itself.
bus() {
    cat >"$1.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$tmp/$1.socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    ${2:-}
  </policy>
</busconfig>
CONF
    dbus-daemon --config-file="$1.conf" --nofork --nopidfile 2>"$1.log" &
    bus_pid=$!
    started+=("$bus_pid")
    within 60 test -S "$1.socket"
    export DBUS_SESSION_BUS_ADDRESS=unix:path=$tmp/$1.socket
}

# watch ARGUMENTS...: begins to listen.
watch() {
    : >out
    : >err
    "$ingle" notify --watch "$@" >out 2>err </dev/null &
    watch_pid=$!
    started+=("$watch_pid")
    within 60 has_line err 'Listening'
}

# stop CODE: ends it by Ctrl-C.
stop() {
    kill -INT "$watch_pid"
    ended "$1"
}
ended() {
    local code=0
    within 60 is_over "$watch_pid"
    wait "$watch_pid" || code=$?
    [ "$code" -eq "$1" ] || fail "exit code $code instead of $1: $(cat err)"
}
shows() { has_line out "$1" || fail "no '$1' in the digest: $(cat out)"; }
hides() { ! has_line out "$1" || fail "'$1' in the digest: $(cat out)"; }

# ---- no bus ----
refused 4 'no session bus' "$ingle" notify --watch
refused 4 'Cannot reach the session bus' \
    env DBUS_SESSION_BUS_ADDRESS="unix:path=$tmp/nowhere" "$ingle" notify --watch
refused 4 'Cannot reach the session bus' env XDG_RUNTIME_DIR="$tmp" "$ingle" notify --watch
refused 4 'Cannot reach the session bus' env DBUS_SESSION_BUS_ADDRESS=nonsense "$ingle" notify --watch
refused 2 'one argument too many' "$ingle" notify --watch file
refused 2 'exclude' "$ingle" notify --watch --now 1

# ---- a desktop ----
Xvfb -displayfd 3 -screen 0 640x480x24 -nolisten tcp 3>display 2>xvfb.log &
started+=($!)
within 60 test -s display
export DISPLAY=:$(cat display)

# desktop: dunst on the bus of now; its process in $desktop_pid.
desktop() {
    dunst >dunst.log 2>&1 &
    desktop_pid=$!
    started+=("$desktop_pid")
    within 60 is_shown
}
is_shown() { timeout 20 notify-send -t 1 probe probe 2>/dev/null; }

bus desktop
desktop
watch
! has_line err eavesdrop || fail "no monitor: $(cat err)"
notify-send -a Signal -t 100 Anna 'Can you pick up the kids at 5?'
notify-send -a Backup -u low -t 100 'Backup complete' 'All <b>12</b> folders &amp; files'
notify-send -a Messages -t 100 GitHub 'Your GitHub authentication code is 482913.'
id=$(notify-send -a Copier -t 60000 -p 'Copying' '10 of 90 files')
notify-send -a Copier -t 60000 -r "$id" 'Copying' '90 of 90 files'
notify-send -a Sensor -u critical -t 100 'Cellar' 'Water at the floor'
within 60 has_line out 'Water at the floor'
hides 'pick up the kids'
stop 130
shows 'Urgent'
shows 'Anna (Signal)'
shows 'Can you pick up the kids at 5?'
shows 'All 12 folders & files'
shows 'one-time code from GitHub (not shown)'
shows '90 of 90 files'
hides '10 of 90'
hides '482913'
hides '<b>'
[ "$(grep -c 'Water at the floor' out)" -eq 2 ] || fail "not at once and in the digest: $(cat out)"

# JSON, one object a line; an allow list; a digest although nothing else ends it.
watch --json --app signal --app Sensor
notify-send -a Signal -t 100 Ben 'Lunch tomorrow?'
notify-send -a Other -t 100 Nobody 'Not for the digest'
notify-send -a Sensor -u critical -t 100 'Cellar' 'Water at the wall'
within 60 has_line out 'Water at the wall'
stop 130
[ "$(wc -l <out)" -eq 2 ] || fail "not two lines: $(cat out)"
shows '"text": "Lunch tomorrow?"'
hides 'Nobody'

# One that its app withdraws is left out, and said.
watch
id=$(notify-send -a Signal -t 60000 -p Carla 'Never mind')
notify-send -a Signal -t 100 Dora 'See you'
gdbus call --session --dest org.freedesktop.Notifications --object-path \
    /org/freedesktop/Notifications --method org.freedesktop.Notifications.CloseNotification "$id" \
    >/dev/null 2>&1 && withdrawn=yes || withdrawn=no
stop 130
shows 'See you'
if [ $withdrawn = yes ]; then
    hides 'Never mind'
    has_line err '1 withdrawn' || fail "not said: $(cat err)"
fi

# Nothing came: nothing is printed.
watch
stop 130
[ ! -s out ] || fail "something printed: $(cat out)"

# ---- no desktop: the bus passes no calls on, which is said; one that comes later is heard ----
kill "$desktop_pid"
wait "$desktop_pid" 2>/dev/null
watch
has_line err 'Nothing here shows notifications yet' || fail "not said: $(cat err)"
desktop
notify-send -a Signal -t 100 Eve 'Here at last'
stop 130
shows 'Here at last'

# ---- the bus goes away in the middle: what came is told ----
watch
notify-send -a Signal -t 100 Finn 'The last words'
kill "$bus_pid"
ended 1
shows 'The last words'
has_line err 'bus has gone away' || fail "not said: $(cat err)"

# ---- a bus that allows no monitor, and one that allows no listening at all ----
bus eavesdrop '<deny send_destination="org.freedesktop.DBus"
    send_interface="org.freedesktop.DBus.Monitoring"/>'
desktop
watch
has_line err 'eavesdropping instead' || fail "not said: $(cat err)"
notify-send -a Signal -t 100 Gil 'Heard at the door'
stop 130
shows 'Heard at the door'

bus deaf '<deny send_destination="org.freedesktop.DBus"
    send_interface="org.freedesktop.DBus.Monitoring"/>
    <deny send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"
    send_member="AddMatch"/>'
refused 5 'lets nobody listen' "$ingle" notify --watch
exit 0
