#!/bin/sh
# Prints this tree's version: that of the newest release in CHANGELOG.md when its tag is what
# is checked out, else that one with the number of commits and the newest one's name:
# "0.1.0+612.gd61bd73". A later build has a higher version for dpkg and rpm.
set -eu
cd "$(dirname "$0")/.."
release=$(sed -n 's/^## \[\([0-9][0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
if ! commit=$(git rev-parse --short HEAD 2>/dev/null); then
	echo "$release"
	exit 0
fi
dirty=
[ -z "$(git status --porcelain --untracked-files=no)" ] || dirty=.dirty
if [ "$(git describe --tags --exact-match 2>/dev/null || true)" = "v$release" ] && [ -z "$dirty" ]; then
	echo "$release"
else
	echo "$release+$(git rev-list --count HEAD).g$commit$dirty"
fi
