#!/bin/sh
# Usage: package.sh deb|rpm ARCH PROGRAM  Makes dist/hisseki_VERSION_ARCH.deb or .rpm of a
# program that is built already. MADE names the program that writes manual and completions,
# where PROGRAM is another machine's. The same tree gives the same bytes.
set -eu
cd "$(dirname "$0")/.."
kind=$1 program=$3
export ARCH="$2"
made=${MADE:-$program}
out=${OUT:-dist}
stage=$out/stage
VERSION=${VERSION:-$(scripts/version.sh)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
BUILD_DATE=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
export VERSION SOURCE_DATE_EPOCH LC_ALL=C.UTF-8
umask 022

rm -rf "$stage"
mkdir -p "$stage/man" "$stage/completion" "$stage/doc" "$stage/debian"
case $ARCH in
arm64) strip=aarch64-linux-gnu-strip ;;
*) strip="strip" ;;
esac
"$strip" -o "$stage/hisseki" "$program"

"$made" manual deploy/hisseki.toml "$stage/man"
cp docs/man/* "$stage/man/"
gzip -9n "$stage"/man/*
export HISSEKI_CONFIG=
"$made" completion bash >"$stage/completion/hisseki"
"$made" completion zsh >"$stage/completion/_hisseki"
"$made" completion fish >"$stage/completion/hisseki.fish"

mkdir -p "$stage/doc/ja"
cp README.md README.ja.md CHANGELOG.md SECURITY.md docs/*.md "$stage/doc/"
cp docs/ja/*.md "$stage/doc/ja/"
scripts/licences.sh >"$stage/doc/copyright"
cat >"$stage/debian/changelog" <<-CHANGES
	hisseki ($VERSION) unstable; urgency=medium

	  * See CHANGELOG.md.

	 -- hisseki authors <hisseki@example.org>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGES
gzip -9n "$stage/debian/changelog"

# As everybody may read them, whatever mask the tree was made with.
cp -R deploy LICENSE packaging/deb/lintian-overrides "$stage/"
chmod -R u=rwX,go=rX "$stage"

# nfpm puts no variable in the place of a time.
sed "s|@BUILD_DATE@|$BUILD_DATE|; s|@STAGE@|$stage|" packaging/nfpm.yaml >"$stage/nfpm.yaml"
go tool -modfile=tools/go.mod nfpm package --config "$stage/nfpm.yaml" --packager "$kind" --target "$out/"
