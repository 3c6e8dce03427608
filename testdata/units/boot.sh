#!/bin/sh
# Usage: boot.sh REPOSITORY PROGRAM FOLDER, in mount and process namespaces of its own
# Boots systemd in a container with this machine's own files, and runs inside.sh there:
# what it writes stays in memory and goes with the container. It has no network but its
# own loopback. Ends with inside.sh's exit code.
set -eu
repository=$1 program=$2 folder=$3

mount --make-rprivate /
mount -t tmpfs none "$folder"
root=$folder/root
mkdir "$root" "$folder/upper" "$folder/work"
mount -t overlay none -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"

cp "$repository/testdata/units/inside.sh" "$program" "$root/root/"
cp -R "$repository/deploy" "$root/root/deploy"
cat >"$root/etc/systemd/system/inside.service" <<-UNIT
	[Unit]
	SuccessAction=exit
	FailureAction=exit
	[Service]
	Type=oneshot
	WorkingDirectory=/root
	ExecStart=/bin/bash -eux inside.sh
	TimeoutStartSec=120
	StandardOutput=append:/inside.out
	StandardError=append:/inside.out
UNIT

# A machine with control groups of version 1 alone has no tree that systemd could use.
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
code=0
systemd-nspawn --quiet --register=no --keep-unit --private-network --directory="$root" \
	--boot systemd.unit=inside.service >"$folder/console" 2>&1 || code=$?
cat "$root/inside.out" || cat "$folder/console"
exit "$code"
