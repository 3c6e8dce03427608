#!/bin/sh
# Makes dist/release-VERSION of the commit that is checked out: packages, what is in them
# (CycloneDX), checksums, and with KEY, a minisign secret key, their signature. Everything is
# built twice, in different folders, and must be the same byte for byte.
# ARCHS: "amd64 arm64". OUT: another folder than dist. CACHE=shared trusts the build cache for
# the second build too, which else compiles everything anew.
set -eu
cd "$(dirname "$0")/.."
version=$(scripts/version.sh) commit=$(git rev-parse HEAD)
out=${OUT:-dist}/release-${version%.dirty}
[ "$version" = "${version%.dirty}" ] || echo "release: what is not committed is not in it" >&2
unset OUT VERSION SOURCE_DATE_EPOCH MADE # of others: each build finds its own
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# packages FOLDER: clones the commit there and builds.
packages() {
	git clone --quiet "$(git rev-parse --git-common-dir)" "$1"
	git -C "$1" checkout --quiet --detach "$commit"
	for arch in ${ARCHS:-amd64 arm64}; do
		make --silent -C "$1" deb rpm ARCH="$arch"
	done
}

packages "$work/first"
(
	if [ "${CACHE:-}" != shared ]; then
		GOCACHE=$work/cache
		export GOCACHE
	fi
	umask 077
	export TZ=Asia/Tokyo LC_ALL=C
	packages "$work/another folder with a longer name"
)
rm -rf "$out"
mkdir -p "$out"
for made in "$work"/first/dist/*.deb "$work"/first/dist/*.rpm; do
	cmp "$made" "$work/another folder with a longer name/dist/$(basename "$made")"
	cp "$made" "$out/"
done
cp deploy/grafana-dashboard.json CHANGELOG.md "$out/"

# All modules of go.mod, those of the tests and tools too. Serial number and time would differ
# in each build.
go tool -modfile=tools/go.mod cyclonedx-gomod mod -test -std -json -noserial -notimestamp \
	-output "$out/hisseki.cdx.json" "$work/first"
cd "$out"
sha256sum -- * >"$work/sums"
mv "$work/sums" SHA256SUMS
if [ -n "${KEY:-}" ]; then
	minisign -S -s "$KEY" -t "hisseki $version" -m SHA256SUMS
else
	echo "release: not signed, KEY names no minisign key (minisign -G makes one)" >&2
fi
echo "$out"
