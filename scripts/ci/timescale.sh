#!/bin/bash
# timescale.sh up|down   PostgreSQL 17 with TimescaleDB from Debian 13's packages, for tests; as root, on any Debian.
# `up` unpacks them into a directory of their own (which is kept for the next time), starts the server in it on the
# loopback interface and prints its URL; `down` ends the server and deletes its data.
set -euo pipefail
port=${TIMESCALE_PORT:-25517}
tree=${TIMESCALE_TREE:-/var/tmp/marigram-ci-trixie}
bin=/usr/lib/postgresql/17/bin
dir=/srv/marigram-ci

inside() {
  chroot --userspec=postgres:postgres "$tree" env -i HOME=/tmp PATH=$bin:/usr/bin:/bin LC_ALL=C.UTF-8 TZ=UTC "$@"
}

# The Debian mirror that this machine is set up with.
mirror() {
  local files=(/etc/apt/sources.list.d/debian.sources /etc/apt/sources.list)
  cat "${files[@]}" 2>/dev/null |
    awk '$1 == "URIs:" { print $2; exit } $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\//) { print $i; exit } }'
}

unpack() {
  local no_docs='path-exclude=/usr/share/doc/*' no_pages='path-exclude=/usr/share/man/*'
  local no_cluster='mkdir -p "$1/etc/postgresql-common"
    echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"
    printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"
    chmod +x "$1/usr/sbin/policy-rc.d"'
  command -v mmdebstrap >/dev/null || {
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mmdebstrap
  }
  rm -rf "$tree"
  mmdebstrap --variant=minbase --mode=root \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt="$no_docs" --dpkgopt="$no_pages" --essential-hook="$no_cluster" \
    --include=postgresql-17,postgresql-17-timescaledb trixie "$tree" "deb $(mirror) trixie main"
  install -d -m 1777 "$tree/dev/shm" "$tree/tmp"
  local device
  for device in null:3 zero:5 random:8 urandom:9; do
    [ -c "$tree/dev/${device%:*}" ] || mknod -m 666 "$tree/dev/${device%:*}" c 1 "${device#*:}"
  done
  touch "$tree/.complete"
}

down() {
  if [ -e "$tree$dir/postmaster.pid" ]; then inside $bin/pg_ctl -D $dir -m fast -w stop >&2; fi
  rm -rf "${tree:?}$dir"
}

up() {
  [ -e "$tree/.complete" ] || unpack >&2
  down
  local owner
  owner=$(chroot "$tree" id -u postgres):$(chroot "$tree" id -g postgres)
  install -d -o "${owner%:*}" -g "${owner#*:}" -m 700 "$tree$dir"
  inside $bin/initdb -D $dir -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  cat >>"$tree$dir/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
max_connections = 200
max_locks_per_transaction = 1024
fsync = off
autovacuum = off
synchronous_commit = off
full_page_writes = off
CONF
  inside $bin/pg_ctl -D $dir -l $dir/log -w -t 60 start >/dev/null || { cat "$tree$dir/log" >&2; exit 1; }
  echo "postgres://postgres@127.0.0.1:$port/postgres"
}

case ${1:-} in
up | down) "$1" ;;
*) echo "usage: $0 up|down" >&2; exit 2 ;;
esac
