#!/bin/sh
# Prints who holds the rights to hisseki, and the licence of every module in the program. A
# text that several modules share is printed once.
set -eu
cd "$(dirname "$0")/.."
cat NOTICE
echo
echo "The program is linked with the modules below. Of those under the Apache License, Version"
echo "2.0 (on Debian /usr/share/common-licenses/Apache-2.0) only what stands beside it is shown."
texts=$(mktemp -d)
trap 'rm -rf "$texts"' EXIT
{
	echo "Go $(go env GOVERSION) $(go env GOROOT)"
	go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' \
		./cmd/hisseki | sort -u
} | while read -r module version folder; do
	for file in "$folder"/LICEN[SC]E* "$folder"/COPYING* "$folder"/NOTICE*; do
		[ -f "$file" ] || continue
		sed '/^ *Apache License$/,/limitations under the License\.$/d' "$file" >"$texts/text"
		sum=$(sha256sum <"$texts/text" | cut -d ' ' -f 1)
		cp "$texts/text" "$texts/$sum"
		apache=
		! grep -q '^ *Apache License$' "$file" || apache=', Apache License, Version 2.0'
		echo "$module $version$apache" >>"$texts/$sum.of"
	done
done
for of in "$texts"/*.of; do
	echo
	echo "------------------------------------------------------------------------"
	cat "$of"
	if grep -q . "${of%.of}"; then
		echo
		cat "${of%.of}"
	fi
done
