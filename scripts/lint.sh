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
