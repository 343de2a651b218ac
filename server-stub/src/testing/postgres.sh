# Runs a PostgreSQL in a folder of its own until standard input ends, then removes both. Standard input is a pipe
# whose other end only the test process holds, so that nothing stays behind, however that process ends.
#
# $1: folder with initdb and pg_ctl. Says "ready FOLDER" once connections to the socket in FOLDER are accepted.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

# PostgreSQL refuses to run as root.
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    chown "$user" "$dir"
    as() { setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"; }
fi

log=$dir/log
fail() { cat "$log" >&2; exit 1; }
as "$1/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
    >"$log" 2>&1 || fail
# What a power cut would lose does not matter here; what transactions see of each other stays the same.
settings="-k $dir -c listen_addresses= -c max_connections=300 -c fsync=off -c full_page_writes=off"
as "$1/pg_ctl" --pgdata="$dir/data" --log="$dir/data/log" --wait -o "$settings" start >>"$log" 2>&1 || fail
echo "ready $dir"
cat >/dev/null
as "$1/pg_ctl" --pgdata="$dir/data" --mode=immediate --silent stop
