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
exposure hisseki-web.service 15
exposure hisseki-agent.service 30
exposure hisseki-agent@.service 30
