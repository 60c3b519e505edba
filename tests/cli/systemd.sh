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

# ExecStart is a command of this ingle, with options that it has.
"$INGLE" --help >commands
for name in ingle-notify.service ingle.service; do
    read -r command options < <(sed -n 's#^ExecStart=.*/ingle \(.*\)#\1#p' "$name")
    grep -q "^  $command " commands || fail "$name starts 'ingle $command', which there is not"
    "$INGLE" "$command" --help >help
    for option in $options; do
        case $option in --*) grep -q -e "$option" help || fail "$name: 'ingle $command' has no $option" ;; esac
    done
done

# What the service needs to confine itself and to seal its workers is not taken from it: the calls,
# by the groups that systemd has for them, and the namespaces.
allowed() { # the calls of a word of SystemCallFilter
    case $1 in
    @*) for word in $(systemd-analyze syscall-filter "$1" | sed 1d | grep -o '^ *[^# ]*'); do allowed "$word"; done ;;
    *) echo "$1" ;;
    esac
}
filter() { sed -n "s/^SystemCallFilter=$1\([a-z@].*\)/\1/p" ingle.service; }
for word in $(filter ''); do allowed "$word"; done | sort -u >granted
for word in $(filter '~'); do allowed "$word"; done | sort -u >taken
[ "$(wc -l <granted)" -gt 200 ] && [ -s taken ] || fail "the filter was not understood"
for call in unshare mount pivot_root umount2 open_tree move_mount mount_setattr chroot capset prctl seccomp \
    landlock_create_ruleset landlock_add_rule landlock_restrict_self setsid socketpair accept4 kill execve; do
    grep -qx "$call" granted || fail "ingle.service does not allow $call"
    ! grep -qx "$call" taken || fail "ingle.service takes $call away"
done
for space in user net ipc uts mnt cgroup; do
    grep -q "^RestrictNamespaces=.*\b$space\b" ingle.service || fail "no namespace '$space' in ingle.service"
done

# The service of ingle.socket is the one that is started for it; the path is that of the command.
grep -qx 'Requires=ingle.socket' ingle.service || fail "ingle.service does not ask for its socket"
grep -qx 'ListenStream=%t/ingle/ingle.sock' ingle.socket || fail "another path in ingle.socket"
! grep -q 'Not installed' ./* || fail "a unit says that it is not installed"
exit 0
