#!/bin/sh
# Runs PostgreSQL for the tests: a throw-away cluster in a temporary directory,
# reached over a Unix socket only.
#
#   scripts/postgres.sh COMMAND…   start, run COMMAND with ENTENTE_TEST_POSTGRES
#                                  set, stop, and exit as COMMAND did
#   scripts/postgres.sh start      start, and print ENTENTE_TEST_POSTGRES=…
#   scripts/postgres.sh stop DIR   stop what start has printed
#
# Missing programs are installed from Debian's packages when that is possible.
# The server never runs as root; durability stays on, as it is in production.
set -eu

fail() {
	echo "postgres.sh: $*" >&2
	exit 1
}

# find_bin prints the directory of the newest server programs.
find_bin() {
	for dir in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -Vr); do
		if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
			echo "$dir"
			return
		fi
	done
	if command -v initdb >/dev/null && command -v postgres >/dev/null; then
		dirname "$(command -v initdb)"
	fi
}

# install_server asks Debian for the server, without the cluster that its
# package would create and start.
install_server() {
	command -v apt-get >/dev/null || fail "PostgreSQL is missing; install its server programs"
	sudo=
	[ "$(id -u)" = 0 ] || sudo="sudo -n"
	{
		$sudo apt-get update -q &&
			$sudo mkdir -p /etc/postgresql-common/createcluster.d &&
			echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.d/entente-tests.conf &&
			DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-install-recommends postgresql
	} >&2 || fail "PostgreSQL is missing and could not be installed; run: apt-get install postgresql"
}

# as_server runs a command as a user PostgreSQL accepts: not root.
as_server() {
	if [ "$(id -u)" = 0 ]; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

start() {
	bin=$(find_bin)
	if [ -z "$bin" ]; then
		install_server
		bin=$(find_bin)
		[ -n "$bin" ] || fail "PostgreSQL was installed but its programs were not found"
	fi
	dir=$(mktemp -d "${TMPDIR:-/tmp}/entente-pg.XXXXXX")
	chmod 755 "$dir"
	if [ "$(id -u)" = 0 ]; then
		chown postgres "$dir"
	fi
	cd "$dir" # the server's user may not enter the directory we came from
	as_server "$bin/initdb" -D "$dir/data" -U entente -A trust -E UTF8 --locale=C -k >"$dir/initdb.log" 2>&1 ||
		{ cat "$dir/initdb.log" >&2; fail "initdb failed"; }
	as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w -t 60 \
		-o "-c listen_addresses='' -c unix_socket_directories='$dir' -c max_connections=400 -c shared_buffers=128MB" \
		start >"$dir/start.log" 2>&1 ||
		{ cat "$dir/start.log" "$dir/data/server.log" >&2; fail "the server did not start"; }
	url="postgres:///postgres?host=$dir&user=entente&sslmode=disable"
}

stop() {
	dir=$1
	[ -d "$dir/data" ] || return 0
	bin=$(find_bin)
	cd "$dir"
	as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
	cd /
	rm -rf "$dir"
}

case "${1:-start}" in
start)
	start
	echo "ENTENTE_TEST_POSTGRES=$url"
	;;
stop)
	stop "${2:?stop needs the directory, the host= of the URL}"
	;;
*)
	here=$(pwd)
	start
	trap 'stop "$dir"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	cd "$here"
	ENTENTE_TEST_POSTGRES=$url "$@"
	;;
esac
