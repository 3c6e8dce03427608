#!/bin/bash
# The first days on a host with accounts in a real Dovecot, amavis as content filter and a second Postfix
# instance: learn, watch, enforce, a theft, the lock, backup and restore, undo.
. ./lib.sh
config=/etc/hisseki.toml

set_key() { # set_key KEY VALUE: the first of that name, which is a comment so far
	sed -i "0,/^\(# \)\?$1 = .*/s||$1 = \"$2\"|" $config
}

# What the site is without us. Dovecot 2.3 and 2.4 want different words.
echo "127.0.0.1 $(hostname)" >>/etc/hosts
printf '%s:{PLAIN}secret-%s\n' alice@example.jp 1 bob@example.jp 2 >/etc/dovecot/users
touch /etc/dovecot/locked
if dovecot --version | grep -q '^2\.3'; then
	cat >/etc/dovecot/dovecot.conf <<-CONF
		protocols =
		ssl = no
		disable_plaintext_auth = no
		passdb {
		  driver = passwd-file
		  deny = yes
		  args = /etc/dovecot/locked
		}
		passdb {
		  driver = passwd-file
		  args = /etc/dovecot/users
		}
		userdb {
		  driver = static
		  args = uid=nobody gid=nogroup home=/tmp
		}
	CONF
else
	cat >/etc/dovecot/dovecot.conf <<-CONF
		dovecot_config_version = 2.4.1
		dovecot_storage_version = 2.4.1
		protocols {
		}
		ssl = no
		auth_allow_cleartext = yes
		passdb hisseki-locked {
		  driver = passwd-file
		  deny = yes
		  passwd_file_path = /etc/dovecot/locked
		}
		passdb passwd-file {
		  passwd_file_path = /etc/dovecot/users
		}
		userdb static {
		  fields {
		    uid = nobody
		    gid = nogroup
		    home = /tmp
		  }
		}
	CONF
fi
cat >>/etc/dovecot/dovecot.conf <<-CONF
	auth_verbose = yes
	auth_failure_delay = 0
	auth_mechanisms = plain
	service auth {
	  unix_listener /var/spool/postfix/private/auth {
	    mode = 0660
	    user = postfix
	    group = postfix
	  }
	}
CONF
chgrp dovecot /etc/dovecot/users /etc/dovecot/locked
start_postfix
systemctl restart dovecot
postconf -e smtpd_sasl_type=dovecot smtpd_sasl_path=private/auth smtpd_sasl_auth_enable=yes \
	smtpd_tls_security_level=none smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject \
	'content_filter=smtp-amavis:[127.0.0.1]:10024'
# What Postfix gives to amavis comes back under another queue id.
postconf -M 'smtp-amavis/unix=smtp-amavis unix - - n - 2 smtp -o smtp_send_xforward_command=yes' \
	'127.0.0.1:10025/inet=127.0.0.1:10025 inet n - n - - smtpd -o content_filter= -o smtpd_sasl_auth_enable=no'
postconf -e smtpd_authorized_xforward_hosts=127.0.0.1
cat >/etc/amavis/conf.d/50-user <<-'CONF'
	use strict;
	$myhostname = 'mail.example.jp';
	$enable_db = 0;    # of statistics
	$sa_local_tests_only = 1;
	$max_servers = 2;
	1;
CONF
systemctl start amavis
postmulti -e init
postmulti -I postfix-out -e create
postconf -c /etc/postfix-out -e myhostname=out.example.jp master_service_disable= inet_interfaces=localhost \
	inet_protocols=ipv4 default_transport=discard mydestination= enable_long_queue_ids=yes \
	smtpd_authorized_xclient_hosts=127.0.0.1 smtpd_relay_restrictions=permit_mynetworks,reject
postconf -c /etc/postfix-out -M# smtp/inet
postconf -c /etc/postfix-out -M '127.0.0.1:2525/inet=127.0.0.1:2525 inet n - n - - smtpd'
postmulti -i postfix-out -e enable
systemctl restart postfix
postmulti -i postfix-out -p status || postmulti -i postfix-out -p start
postfix_is() { find /etc/postfix /etc/postfix-out -type f -name '*.cf' -exec sha256sum {} + | sort; }
postfix_is >before
log() { journalctl --no-pager --output cat --facility mail; } # of both instances

# mail ACCOUNT NUMBER RECIPIENT: one mail with SMTP AUTH; the account's password.
mail() {
	swaks --server 127.0.0.1 --auth PLAIN --auth-user "$1@example.jp" --auth-password "secret-$2" \
		--from "$1@example.jp" --to "$3" --header 'Subject: hello' --body "Good morning" --silent 2
}
mail alice 1 before@example.org

# Install as the guide does, and learn from an archive.
install -m 755 hisseki /usr/bin/hisseki
install -m 644 deploy/hisseki.toml $config
install -m 644 deploy/hisseki.sysusers /usr/lib/sysusers.d/hisseki.conf
install -m 644 deploy/hisseki.tmpfiles /usr/lib/tmpfiles.d/hisseki.conf
install -m 644 deploy/hisseki*.service deploy/hisseki.socket /etc/systemd/system/
install -D -t /usr/lib/hisseki/hooks deploy/hooks/*
systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload
set_key listen unix:/var/spool/postfix/hisseki/milter.sock
set_key default_realm example.jp
sed -i 's|^# journald = .*|journald = true|' $config
printf '\n[[hooks.command]]\nname = "lock"\nrun = ["/usr/lib/hisseki/hooks/lock-dovecot", "/etc/dovecot/locked"]\nuser = "root"\n' >>$config
mkdir -p /etc/systemd/system/hisseki-agent.service.d
printf '[Service]\nReadWritePaths=/etc/dovecot\n' >/etc/systemd/system/hisseki-agent.service.d/lock.conf
systemctl daemon-reload
hisseki serve --check-config
mkdir -p /root/Sent/cur /root/Sent/new /root/Sent/tmp
for day in 2 3 4 5; do
	printf 'From: alice@example.jp\nTo: bob@example.org\nMessage-ID: <%s@example.jp>\nDate: %s\nSubject: Tuesday\n\nSee you on Tuesday.\n' \
		"$day" "$(date -R -d "$day days ago")" >"/root/Sent/cur/$day:2,S"
done
hisseki replay --learn --sender alice@example.jp /root/Sent

# Attach both instances, in mode observe. The second has an agent of its own.
for folder in /etc/postfix /etc/postfix-out; do
	cp -p $folder/main.cf $folder/main.cf.before-hisseki
	cp -p $folder/master.cf $folder/master.cf.before-hisseki
done
systemctl enable --now hisseki hisseki-agent hisseki-agent@out
postconf -e 'smtpd_milters={unix:hisseki/milter.sock, default_action=tempfail}'
postconf -c /etc/postfix-out -e 'smtpd_milters={unix:/var/spool/postfix/hisseki/milter.sock, default_action=tempfail}'
postfix reload
postmulti -i postfix-out -p reload
until_says '^agent  *ok  *mail.example.jp' hisseki doctor
until_says 'agent  *ok  *out.example.jp' hisseki doctor

# The way of users' mail, through the filter and back: judged once, delivered under the second id.
echo secret-1 | hisseki doctor --send-test alice@example.jp --user alice@example.jp --server 127.0.0.1:25 >trial
cat trial
grep 'judged  *ok  *.*as the account alice@example.jp: pass' trial
grep 'delivered  *warn  *discarded: none' trial # the world outside is Postfix's discard here
until_says 'Passed CLEAN.* <alice@example.jp> -> <alice@example.jp>.*queued_as' log
[ "$(hisseki sender export alice@example.jp | grep -c 'hisseki-trial')" = 1 ]
if hisseki sender list | grep 'app:'; then exit 1; fi # the filter's mail is nobody's second mail

# Enforce, and a theft: the account's mail leads to a site that was blocked.
set_key mode enforce
systemctl reload hisseki
until_says 'mode enforce' systemctl status hisseki
hisseki sender allow alice@example.jp --until 1d --reason 'four mails of history'
hisseki url block lure.example.net --reason phishing
sleep 2 # rules for links are read once a second
steal() {
	swaks --server 127.0.0.1 --auth PLAIN --auth-user bob@example.jp --auth-password secret-2 --from bob@example.jp \
		--to "$1@example.com" --header 'Subject: Invoice' --body 'Pay at https://lure.example.net/pay' --silent 2
}
for victim in a b c d; do steal $victim || break; done
until_says '"queue_name": "hold"' postqueue -j
held=$(postqueue -j | grep -c '"queue_name": "hold"')
[ "$held" -ge 1 ]
mail alice 1 flows@example.org
until_says 'to=<flows@example.org>.*status=sent' log

# The lock is proved: Dovecot refuses him, and nobody else.
until_says '^bob@example.jp$' cat /etc/dovecot/locked
until_says 'bob@example.jp is locked' hisseki incident show I1
if mail bob 2 more@example.org; then exit 1; fi
mail alice 1 again@example.org

# The second instance: what is held there is let go by its own agent.
hisseki sender hold carol@example.jp --until 1h --reason test
swaks --server 127.0.0.1:2525 --xclient-login carol --from carol@example.jp --to out@example.org --silent 2
until_says '"queue_name": "hold"' postqueue -c /etc/postfix-out -j
hisseki quarantine release --yes --sender carol@example.jp
until_says 'queue is empty' postqueue -c /etc/postfix-out -p
until_says 'to=<out@example.org>.*status=sent' log

# Backup beside the running serve, and a restore as on another host: nothing of it is done there
# by itself.
hisseki backup /root/copy.db
[ "$(stat -c '%U %a' /root/copy.db)" = 'root 600' ]
if hisseki restore --replace /root/copy.db; then exit 1; fi # it is in use
mkdir /root/other
hisseki restore --db /root/other/hisseki.db /root/copy.db
[ "$(hisseki quarantine list --json --state held --db /root/other/hisseki.db | wc -l)" = "$held" ]
hisseki check --db /root/other/hisseki.db
systemctl stop hisseki hisseki-agent hisseki-agent@out
hisseki restore --replace /root/copy.db
[ "$(stat -c '%U %a' /var/lib/hisseki/hisseki.db)" = 'hisseki 600' ]
starts hisseki hisseki-agent hisseki-agent@out
until_says '^agent  *ok  *mail.example.jp' hisseki doctor

# Undo: Postfix first, then what is held is decided, and only then hisseki goes.
for folder in /etc/postfix /etc/postfix-out; do
	mv $folder/main.cf.before-hisseki $folder/main.cf
	mv $folder/master.cf.before-hisseki $folder/master.cf
done
postfix reload
postmulti -i postfix-out -p reload
postfix_is >after
cmp before after
if hisseki doctor --undo; then exit 1; fi
hisseki incident confirm I1 --yes --at-once --reason test
until_says 'held mail  *ok  *none is left' hisseki doctor --undo
hisseki doctor --undo
until_says 'queue is empty' postqueue -p
systemctl disable --now hisseki hisseki-agent hisseki-agent@out
mail alice 1 after@example.org
until_says 'to=<after@example.org>.*status=sent' log
if log | grep 'to=<[a-d]@example.com>.*status=sent'; then exit 1; fi # the thief's mail
