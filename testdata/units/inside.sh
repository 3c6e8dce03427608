#!/bin/bash
# docs/howto.md as it stands, in a booted container: install, attach, enforce, decide, undo.
config=/etc/hisseki.toml # every command reads it by itself

. ./lib.sh

set_key() { # set_key KEY VALUE: the first of that name, which is a comment so far
	sed -i "0,/^\(# \)\?$1 = .*/s||$1 = \"$2\"|" $config
}

start_postfix

# Install.
install -m 755 hisseki /usr/bin/hisseki
install -m 644 deploy/hisseki.toml $config
install -m 644 deploy/hisseki.sysusers /usr/lib/sysusers.d/hisseki.conf
install -m 644 deploy/hisseki.tmpfiles /usr/lib/tmpfiles.d/hisseki.conf
install -m 644 deploy/hisseki*.service deploy/hisseki*.socket /etc/systemd/system/
systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload
set_key listen unix:/var/spool/postfix/hisseki/milter.sock
set_key default_realm example.jp
hisseki serve --check-config

# Attach, in mode observe: ready when systemctl comes back.
systemctl enable --now hisseki hisseki-agent
postconf -e 'smtpd_milters={unix:hisseki/milter.sock, default_action=tempfail}'
postfix reload
until_says 'agent  *ok' hisseki doctor # its first heartbeat comes after its first look at the queue
hisseki doctor | grep "configuration .*$config; mode observe"
hisseki doctor
until_says 'the agent is alive' systemctl status hisseki
[ "$(stat -c '%U %G %a' /var/spool/postfix/hisseki/milter.sock)" = 'hisseki postfix 660' ]
[ "$(stat -c '%U %a' /var/lib/hisseki/hisseki.db)" = 'hisseki 600' ]
[ "$(ps -o user= -p "$(main_pid hisseki)")" = hisseki ]
grep -q '^CapEff:[[:space:]]0*$' "/proc/$(main_pid hisseki)/status"
[ -z "$(awk '$3 > 1000000' "/proc/$(main_pid hisseki)/uid_map")" ] # PrivateUsers: few users are seen
grep '^Max core file size  *0  *0 ' "/proc/$(main_pid hisseki)/limits" "/proc/$(main_pid hisseki-agent)/limits"
[ "$(systemctl show --value --property MemoryMax hisseki-agent)" = 536870912 ]
hisseki sender hold alice@example.jp --until 12h
send alice
until_says 'queue is empty' postqueue -p

# Enforce: a reload is enough. What is held is decided by the agent, in Postfix's queue.
set_key mode enforce
systemctl reload hisseki
until_says 'mode enforce' systemctl status hisseki
send alice
send alice
send carol
until_says '"queue_name": "hold"' postqueue -j
[ "$(postqueue -j | grep -c '"queue_name": "hold"')" = 2 ]
hisseki quarantine discard --yes H2 # H1 was let pass in mode observe
hisseki quarantine release --yes --sender alice@example.jp
until_says 'queue is empty' postqueue -p
until_says H2 hisseki quarantine list --state discarded
[ "$(hisseki quarantine list --json --state released | wc -l)" = 1 ]
if journalctl --no-pager --unit hisseki-agent | grep -i warning; then exit 1; fi

# Killed, more often than systemd would have it: both are there again.
for _ in 1 2 3 4 5 6 7 8; do
	serve=$(main_pid hisseki) agent=$(main_pid hisseki-agent)
	systemctl kill --signal KILL hisseki hisseki-agent
	is_new hisseki "$serve"
	is_new hisseki-agent "$agent"
done

# A typo: nothing runs, the journal names file and line, and to correct it is enough.
sed -i 's/^mode = /moed = /' $config
if systemctl restart hisseki; then exit 1; fi
until_says "$config:[0-9]*: .*moed" journalctl --no-pager --unit hisseki
sed -i 's/^moed = /mode = /' $config
until_says '^active$' systemctl is-active hisseki

# Hanging: systemd's watchdog ends it and starts another.
mkdir /run/systemd/system/hisseki.service.d
printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/hisseki.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart hisseki
before=$(main_pid hisseki)
systemctl kill --signal STOP --kill-whom main hisseki
until_says 'Watchdog timeout' journalctl --no-pager --unit hisseki
is_new hisseki "$before"

# Socket activation: systemd makes the socket, and mail waits until serve runs.
systemctl stop hisseki
set_key listen systemd
systemctl enable --now hisseki.socket
[ "$(stat -c '%U %G %a' /var/spool/postfix/hisseki/milter.sock)" = 'hisseki postfix 660' ]
send alice
until_says '"queue_name": "hold"' postqueue -j
systemctl --quiet is-active hisseki

# Learned as root, into a store that is not there yet: serve goes on with it.
systemctl stop hisseki.socket hisseki hisseki-agent
rm -r /var/lib/hisseki
mkdir -p /root/Maildir/.Sent/cur /root/Maildir/.Sent/new /root/Maildir/.Sent/tmp
printf 'From: alice@example.jp\nTo: bob@example.org\nDate: %s\nSubject: Tuesday\n\nSee you on Tuesday.\n' \
	"$(date -R -d '2 days ago')" >/root/Maildir/.Sent/cur/1:2,S
hisseki replay --learn --sender alice@example.jp /root/Maildir/.Sent
systemctl start hisseki.socket hisseki hisseki-agent
[ "$(stat -c %U /var/lib/hisseki/hisseki.db)" = hisseki ]
until_says 'alice@example.jp' hisseki sender list
send alice
until_says '24 hours  *1 passed' hisseki status

# Undo: mail flows as before.
postconf -e smtpd_milters=
postfix reload
systemctl disable --now hisseki.socket hisseki hisseki-agent
send alice after@example.org
until_says 'to=<after@example.org>.*status=sent' journalctl --no-pager --unit postfix@-
