#!/bin/sh
# Usage: image.sh DEB FOLDER  Makes a container image as an OCI layout
# (https://github.com/opencontainers/image-spec/blob/main/image-layout.md), without a daemon:
# Debian with Postfix's commands, which the agent needs, and the package in it. Needs root.
# BASE: a root to begin with; by default debootstrap makes one of Debian 12.
set -eu
deb=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
cd "$(dirname "$0")/.."
if [ "${INSIDE:-}" = "" ]; then # the mounts go with us
	INSIDE=1 exec unshare --mount "$0" "$deb" "$out"
fi
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH="$epoch" LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
work=$(mktemp -d)
trap 'umount -l "$work/root/proc" "$work/root" "$work" 2>/dev/null; rm -rf "$work"' EXIT
mount -t tmpfs none "$work"
base=${BASE:-}
if [ -z "$base" ]; then
	base=$work/base
	debootstrap --variant=minbase \
		--include=postfix,ca-certificates,systemd-standalone-sysusers,systemd-standalone-tmpfiles \
		bookworm "$base" >&2
fi
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay none -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" "$work/root"
root=$work/root
cp "$deb" "$root/hisseki.deb"
mount -t proc none "$root/proc"
chroot "$root" dpkg -i /hisseki.deb >&2
# shellcheck disable=SC2016 # dpkg-query puts it in
version=$(chroot "$root" dpkg-query -W -f '${Version}' hisseki)
arch=$(chroot "$root" dpkg --print-architecture)
# "0.1.0+463.g4dd64d8" between releases: podman and docker refuse a "+" in a tag.
tag=$(printf %s "$version" | tr '+~' '--')
# What differs each time, or is of no use in a container.
rm -rf "$root/hisseki.deb" "$root"/var/cache/apt/* "$root"/var/cache/ldconfig/* "$root"/var/lib/apt/lists/* \
	"$root"/var/log/* "$root"/tmp/* "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old \
	"$root"/etc/machine-id "$root"/etc/resolv.conf "$root"/etc/hostname

blobs=$out/blobs/sha256
rm -rf "${out:?}"/*
mkdir -p "$blobs"
# blob FILE: puts a file among the blobs and prints "digest size".
blob() {
	sum=$(sha256sum <"$1" | cut -d ' ' -f 1)
	echo "sha256:$sum" "$(stat -c %s "$1")"
	mv "$1" "$blobs/$sum"
}
tar --sort=name --mtime="@$epoch" --clamp-mtime --numeric-owner --one-file-system --xattrs \
	-C "$root" -cf "$work/layer.tar" .
diff=sha256:$(sha256sum <"$work/layer.tar" | cut -d ' ' -f 1)
zstd -q -3 --rm "$work/layer.tar" -o "$work/layer"
# shellcheck disable=SC2046 # digest and size
set -- $(blob "$work/layer")
layer="{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+zstd\",\"digest\":\"$1\",\"size\":$2}"
cat >"$work/config" <<CONFIG
{"created":"$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)","architecture":"$arch","os":"linux",
"config":{"Entrypoint":["/usr/bin/hisseki"],"Cmd":["serve","--config","/etc/hisseki.toml"],
"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
"Volumes":{"/var/lib/hisseki":{}},"StopSignal":"SIGTERM",
"Labels":{"org.opencontainers.image.title":"hisseki","org.opencontainers.image.version":"$version",
"org.opencontainers.image.licenses":"Apache-2.0"}},
"rootfs":{"type":"layers","diff_ids":["$diff"]}}
CONFIG
# shellcheck disable=SC2046
set -- $(blob "$work/config")
cat >"$work/manifest" <<MANIFEST
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"$1","size":$2},
"layers":[$layer]}
MANIFEST
# shellcheck disable=SC2046
set -- $(blob "$work/manifest")
cat >"$out/index.json" <<INDEX
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"$1","size":$2,
"platform":{"architecture":"$arch","os":"linux"},
"annotations":{"org.opencontainers.image.ref.name":"hisseki:$tag"}}]}
INDEX
echo '{"imageLayoutVersion":"1.0.0"}' >"$out/oci-layout"
echo "$out $version $1"
