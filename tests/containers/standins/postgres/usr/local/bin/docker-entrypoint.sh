#!/bin/bash
# POSTGRES_PASSWORD, POSTGRES_USER and POSTGRES_DB as the official image takes them; other commands run as they are.
set -euo pipefail
[[ $1 == postgres ]] || exec "$@"
shift
if [[ $(id -u) == 0 ]]; then
  install -d -o postgres -g postgres -m 700 "$PGDATA" /var/run/postgresql
  chown postgres:postgres /var/lib/postgresql
  exec setpriv --reuid postgres --regid postgres --clear-groups -- "$0" postgres "$@"
fi
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  user=${POSTGRES_USER:-postgres}
  initdb --pgdata="$PGDATA" --username="$user" --pwfile=<(echo "${POSTGRES_PASSWORD:?must be set}") --encoding=UTF8 \
    --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses= -c unix_socket_directories=/var/run/postgresql" --wait start
  [[ ${POSTGRES_DB:-$user} == postgres ]] || createdb -h /var/run/postgresql --username="$user" "${POSTGRES_DB:-$user}"
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql "$@"
