#!/bin/sh
# Usage: needs.sh TOOL...  Says exactly what to install; with CI=true or INSTALL=yes it installs that,
# as root on Debian. Nobody who only builds wants packages and policies on his machine.
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
packages=
for tool in "$@"; do
	case $tool in
	gcc) command=gcc packages_of='gcc libc6-dev' ;;
	gcc-aarch64) command=aarch64-linux-gnu-gcc packages_of='gcc-aarch64-linux-gnu libc6-dev-arm64-cross' ;;
	man) command=man packages_of=man-db ;;
	chromium) command=chromium packages_of='chromium fonts-noto-cjk' ;;
	dovecot) command=dovecot packages_of=dovecot-core ;;
	dovecot-imapd) command=/usr/lib/dovecot/imap packages_of=$tool ;;
	debootstrap) command=$tool packages_of='debootstrap debian-archive-keyring' ;;
	postgresql) for command in /usr/lib/postgresql/*/bin/initdb; do :; done; packages_of=$tool ;;
	systemd-analyze) command=$tool packages_of=systemd ;;
	systemd-nspawn) command=$tool packages_of=systemd-container ;;
	*) command=$tool packages_of=$tool ;;
	esac
	command -v "$command" >/dev/null || packages="$packages $packages_of"
done
[ -z "$packages" ] && exit 0
if [ "${CI:-}" != true ] && [ "${INSTALL:-}" != yes ] || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "missing, please install:$packages" >&2
	echo "on Debian and Ubuntu: sudo apt-get install --no-install-recommends$packages" >&2
	echo "or, as root: make INSTALL=yes ..." >&2
	exit 1
fi
echo "installing:$packages" >&2
# No daemon is to start because of us: the tests run private instances.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	trap 'rm -f $policy' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null
# shellcheck disable=SC2086 # a list of packages
apt-get install -y -qq --no-install-recommends $packages >/dev/null </dev/null
