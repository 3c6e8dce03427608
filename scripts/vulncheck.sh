#!/bin/sh
# Known vulnerabilities of what we call, by govulncheck. Its database is vuln.go.dev (or
# GOVULNDB); where only the module proxy can be reached, the same records come from there.
# Exit status 3: no database could be reached, nothing is known.
set -eu
report=$(mktemp)
outside=$(mktemp -d)
trap 'rm -rf "$report" "$outside"' EXIT

verdict() {
	grep -m 1 -E '^No vulnerabilities|^Your code is affected' "$report"
}

# Each vulnerability without the hundreds of ways by which it can be reached.
fail() {
	grep -Ev '^ +#[0-9]+: |^    Example traces' "$report" >&2
	exit 1
}

# The folder of the newest records the module proxy has. Asked for outside of the module,
# whose go.mod has nothing to do with them.
records() {
	cd "$outside" && go mod download golang.org/x/vulndb@latest &&
		echo "$(go list -m -f '{{.Dir}}' golang.org/x/vulndb@latest)/data/osv"
}

if go tool govulncheck ./... >"$report" 2>&1; then
	verdict
	exit 0
fi
if ! grep -q 'fetching vulnerabilities' "$report"; then
	fail
fi
if ! from=$(records 2>"$report"); then
	echo "NOT CHECKED for known vulnerabilities, no database can be reached:" >&2
	tail -n 1 "$report" >&2
	exit 3
fi
if ! go tool govulncheck -db "file://$from" ./... >"$report" 2>&1; then
	fail
fi
verdict
