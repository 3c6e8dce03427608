#!/bin/sh
# Usage: boot.sh LOWER FOLDER SCRIPT FILE..., in mount and process namespaces of its own
# Boots systemd in a container with the files of a root, "/" for this machine's own, and runs
# SCRIPT there, with the functions of lib.sh and the files beside it: what it writes stays in
# memory and goes with the container. It has no network but its own loopback. Ends with the
# script's exit code.
set -eu
lower=$1 folder=$2 script=$3
shift 3

mount --make-rprivate /
mount -t tmpfs none "$folder"
root=$folder/root
mkdir "$root" "$folder/upper" "$folder/work"
mount -t overlay none -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" "$root"

cp "$script" "$root/root/inside.sh"
cp -R "$(dirname "$0")/lib.sh" "$@" "$root/root/"
cat >"$root/etc/systemd/system/inside.service" <<-UNIT
	[Unit]
	SuccessAction=exit
	FailureAction=exit
	[Service]
	Type=oneshot
	WorkingDirectory=/root
	ExecStart=/bin/bash -eux inside.sh
	TimeoutStartSec=580
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
