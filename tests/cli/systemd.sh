# The units of systemd/: systemd understands every word of them, and finds little that they leave
# open; the files that are installed name the program that is installed.
. "$(dirname "$0")/lib.sh"
command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze here"; exit 77; }

for unit in "$UNITS"/*; do
    name=$(basename "${unit%.in}")
    sed "s#@CMAKE_INSTALL_FULL_BINDIR@#$(dirname "$INGLE")#" "$unit" >"$name"
done
[ -f ingle-notify.service ] && [ -f ingle.socket ] && [ -f ingle.service ] || fail "units are missing: $(ls)"
! grep -q '@' ./*.service | grep -v 'SystemCallFilter' || fail "something is left to be filled in"

export XDG_RUNTIME_DIR=$tmp/run
mkdir -m 700 run
for name in ingle-notify.service ingle.socket ingle.service; do
    code=0
    systemd-analyze --user --man=no verify "./$name" >out 2>err || code=$?
    # Of the units of the system that ours name, some may be missing here.
    sed -i '/graphical-session.target\|dbus.socket/d' err
    [ ! -s err ] || fail "$name: $(cat err)"
done

# What systemd thinks of the exposure: 0 is none, 10 is all.
for name in ingle-notify.service ingle.service; do
    systemd-analyze --user security --offline=true --threshold=20 --no-pager "./$name" >out 2>err ||
        fail "$name is too exposed: $(tail -1 out) $(cat err)"
    tail -1 out
done

# ExecStart is a command of this ingle: one that is told only by the next issue is not installed.
"$INGLE" --help >commands
for name in ingle-notify.service; do
    command=$(sed -n 's#^ExecStart=.*/ingle \([a-z]*\).*#\1#p' "$name")
    grep -q "^  $command " commands || fail "$name starts 'ingle $command', which there is not"
done
exit 0
