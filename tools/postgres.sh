#!/bin/sh
# Runs tests on a PostgreSQL of its own: in a folder that goes, by a socket in it, as a user without rights. Each site has a database.
set -eu
cd "$(dirname "$0")/.."
BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$BIN" ] || { echo 'postgres.sh: no PostgreSQL here: apt-get install postgresql' >&2; exit 3; }
HOME_OF=$(mktemp -d "${TMPDIR:-/tmp}/asepsis-postgres.XXXXXX")
plain() { if [ "$(id -u)" = 0 ]; then setpriv --reuid nobody --regid nogroup --clear-groups -- "$@"; else "$@"; fi; }
[ "$(id -u)" != 0 ] || chown nobody "$HOME_OF"
# A sensor that has given up its rights finds the socket, too.
chmod 711 "$HOME_OF"
end() { plain "$BIN/pg_ctl" --pgdata "$HOME_OF/data" --mode immediate --silent stop || true; rm -rf "$HOME_OF"; }
trap end EXIT
trap 'exit 130' INT TERM
plain "$BIN/initdb" --pgdata "$HOME_OF/data" --username asepsis --auth trust --encoding UTF8 --locale C.UTF-8 --no-sync >/dev/null
# What it holds is thrown away: nothing waits for the disk.
plain "$BIN/pg_ctl" --pgdata "$HOME_OF/data" --log "$HOME_OF/log" --silent --wait \
    --options "-c listen_addresses= -c unix_socket_directories=$HOME_OF -c fsync=off -c full_page_writes=off -c max_connections=400" start
export DATABASE_URL="postgresql://asepsis@/asepsis_template?host=$HOME_OF"
"$BIN/createdb" -h "$HOME_OF" -U asepsis asepsis_template
PYTHON=${PYTHON:-.venv/bin/python}
PYTHONPATH="src${PYTHONPATH:+:$PYTHONPATH}" "$PYTHON" - "$HOME_OF/site" <<'END'
import sys
from pathlib import Path
from asepsis.kit.site import Site
from asepsis.settings import open_store
open_store(Site.open(Path(sys.argv[1]), create=True))
END
PATH="$BIN:$PATH" PYTHONPATH="tests/postgres${PYTHONPATH:+:$PYTHONPATH}" "$PYTHON" -m pytest "$@"
