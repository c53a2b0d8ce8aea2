#!/bin/bash
# postgres15.sh up|down   Debian's PostgreSQL 15, the oldest that Marigram runs on, for tests; as root.
# `up` installs it if it is missing, starts it on the loopback interface and prints its URL; `down` ends and deletes it.
set -euo pipefail
port=${PG15_PORT:-25515}
bin=/usr/lib/postgresql/15/bin
dir=/var/tmp/marigram-ci-pg15

as_postgres() { (cd / && runuser -u postgres -- env LC_ALL=C.UTF-8 "$@"); }

down() {
  if [ -e $dir/postmaster.pid ]; then as_postgres $bin/pg_ctl -D $dir -m fast -w stop >&2; fi
  rm -rf $dir
}

up() {
  if [ ! -x $bin/postgres ]; then
    # The package would start a server of its own.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
      echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >&2
    apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold postgresql-15 >&2
  fi
  down
  install -d -o postgres -g postgres -m 700 $dir
  as_postgres $bin/initdb -D $dir -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  cat >>$dir/postgresql.conf <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 200
fsync = off
autovacuum = off
synchronous_commit = off
full_page_writes = off
CONF
  as_postgres $bin/pg_ctl -D $dir -l $dir/log -w -t 60 start >/dev/null || { cat $dir/log >&2; exit 1; }
  echo "postgres://postgres@127.0.0.1:$port/postgres"
}

case ${1:-} in
up | down) "$1" ;;
*) echo "usage: $0 up|down" >&2; exit 2 ;;
esac
