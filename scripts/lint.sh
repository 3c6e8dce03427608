#!/bin/sh
# What a change must pass before its tests are run.
set -eu
unformatted=$(gofmt -l $(git ls-files '*.go' | grep -v '^\.cache/'))
if [ -n "$unformatted" ]; then
	echo "not formatted, run gofmt -w on:" >&2
	echo "$unformatted" >&2
	exit 1
fi
go vet ./...
go tool staticcheck ./...

# Exposure of the units as systemd counts it, from 0 to 10; thresholds are tenths.
exposure() {
	if ! systemd-analyze security --offline=true --no-pager --threshold="$2" "deploy/$1" \
		>"$report" 2>&1; then
		echo "deploy/$1 is more exposed than $2 tenths:" >&2
		cat "$report" >&2
		exit 1
	fi
}
report=$(mktemp)
trap 'rm -f "$report"' EXIT
exposure hisseki.service 15
exposure hisseki-agent.service 30

# Known vulnerabilities of what we call. The database is on the network (GOVULNDB names
# another): without it nothing is known, and that is said.
if ! go tool govulncheck ./... >"$report" 2>&1; then
	if ! grep -q 'fetching vulnerabilities' "$report"; then
		cat "$report" >&2
		exit 1
	fi
	echo "NOT CHECKED for known vulnerabilities, the database cannot be reached:" >&2
	tail -n 1 "$report" >&2
fi
