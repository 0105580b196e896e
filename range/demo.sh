#!/bin/sh
# The hospital comes up, a day is lived through while the sensor listens, story 1 is played; then what asepsis says stands beside the truth.
set -eu
cd "$(dirname "$0")/.."
HOURS=${RANGE_HOURS:-24} INTO=build/range
range() { .venv/bin/python range "$@"; }
say() { printf '\n==> %s\n' "$*"; }

[ "$(id -u)" = 0 ] || { echo 'range-demo: needs root, to make network namespaces: sudo make range-demo' >&2; exit 3; }
rm -rf "$INTO"
mkdir -p "$INTO/site" "$INTO/live"
trap 'range down >/dev/null' EXIT
range down >/dev/null

say 'the hospital opens'
range up
range site >"$INTO/site/site.toml"
cp "$INTO/site/site.toml" "$INTO/live/"

say "$HOURS hours are lived through; the sensor listens at the mirror port"
range exec sensor -- .venv/bin/asepsis network watch --interface mirror0 --site "$INTO/live" >"$INTO/watch.log" 2>&1 &
range day --hours "$HOURS"
range health
range exec sensor -- pkill -INT -f 'network watch' || true
wait $! || true

say 'a workplace is phished, and the file server is held to ransom; the sensor listens'
mkdir -p "$INTO/night" && cp "$INTO/site/site.toml" "$INTO/night/"
range exec sensor -- .venv/bin/asepsis network watch --interface mirror0 --site "$INTO/night" >"$INTO/night.log" 2>&1 &
until [ -e "$INTO/night/lake/.watch" ] || ! kill -0 $! 2>/dev/null; do sleep 1; done
range scenario story-ransomware
range health || true
range exec sensor -- pkill -INT -f 'network watch' || true
wait $! || true
range record --into "$INTO/recording"

say 'what asepsis says of the recording'
.venv/bin/asepsis assess "$INTO/recording" --site "$INTO/site" --report "$INTO/report.html" >"$INTO/assess.log" 2>&1
sed -n '1,24p' "$INTO/assess.log"

say 'what the sensor says of the night'
.venv/bin/asepsis network stories list --site "$INTO/night"

say 'beside the truth: the sensor that listened'
range compare "$INTO/recording" --site "$INTO/live" >"$INTO/live.txt" || live=$?
grep -E 'WRONG|NOT FOUND' "$INTO/live.txt" || true
tail -n 4 "$INTO/live.txt"

say 'beside the truth: the recording'
range compare "$INTO/recording" --site "$INTO/site"
