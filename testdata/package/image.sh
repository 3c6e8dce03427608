#!/bin/bash
# Usage: image.sh LAYOUT FOLDER, in mount and process namespaces of its own
# Unpacks an image and runs serve and agent in its root beside a Postfix, as deploy/compose.yaml
# does: in one root here, for want of a daemon. A mail is held, released and sent.
set -eux
layout=$1 root=$2/root
mount --make-rprivate /
mount -t tmpfs none "$2"
mkdir "$root"

# Every blob is what its name says, and each is named by another.
for blob in "$layout"/blobs/sha256/*; do
	[ "$(sha256sum <"$blob" | cut -d ' ' -f 1)" = "$(basename "$blob")" ]
	grep -rqF "$(basename "$blob")" "$layout/index.json" "$layout/blobs" --include='*' --exclude="$(basename "$blob")"
done
layer=$(grep -ho 'tar+zstd","digest":"sha256:[0-9a-f]*' "$layout"/blobs/sha256/* | head -n 1)
zstd -dcq "$layout/blobs/sha256/${layer##*:}" | tar -xf - -C "$root"
diff_id=$(grep -aho '"diff_ids":\["sha256:[0-9a-f]*' "$layout"/blobs/sha256/* | head -n 1)
[ "$(zstd -dcq "$layout/blobs/sha256/${layer##*:}" | sha256sum | cut -d ' ' -f 1)" = "${diff_id##*:}" ]

mount -t proc none "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs none "$root/run"
inside() { chroot "$root" "$@"; }
postfix=$(inside id -g postfix) hisseki=$(inside id -u hisseki)
install -d -m 2770 -o "$hisseki" -g "$postfix" "$root/var/spool/postfix/hisseki"
sed -i 's|^# \(listen = "unix:.*\)|\1|; s|^# mode = .*|mode = "enforce"|
	s|^# application = .*|application = "enforce"|' "$root/etc/hisseki.toml"
echo "127.0.0.1 localhost mail.example.jp" >"$root/etc/hosts"
inside postconf -e enable_long_queue_ids=yes inet_protocols=ipv4 inet_interfaces=localhost \
	myhostname=mail.example.jp mydestination= default_transport=discard \
	non_smtpd_milters='unix:hisseki/milter.sock' milter_default_action=tempfail \
	maillog_file=/var/log/mail.log
inside postconf -MX smtp/inet # the port is the machine's
install -d -m 750 -o "$hisseki" -g "$(inside id -g hisseki)" "$root/var/lib/hisseki"
inside postfix start

chroot --userspec="hisseki:hisseki" --groups="$postfix" "$root" /usr/bin/hisseki serve --config /etc/hisseki.toml &
for _ in $(seq 100); do [ -S "$root/var/spool/postfix/hisseki/milter.sock" ] && break; sleep 0.1; done
inside hisseki agent --config /etc/hisseki.toml --host mail.example.jp &
until inside hisseki doctor | grep 'agent  *ok'; do sleep 0.2; done

tries=0
inside hisseki sender hold 'app:127.0.0.0/24|root@mail.example.jp' --until 1h --reason test
echo 'Subject: hello' | inside sendmail -f root@mail.example.jp bob@example.org
until inside postqueue -j | grep '"queue_name": "hold"'; do sleep 0.2; [ $((tries += 1)) -lt 100 ]; done
inside hisseki quarantine list
inside hisseki quarantine release --yes H1
until grep 'to=<bob@example.org>.*status=sent' "$root/var/log/mail.log"; do sleep 0.2; [ $((tries += 1)) -lt 300 ]; done
inside postfix stop
