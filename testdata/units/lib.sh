#!/bin/bash
# What the scripts in containers share.

# until_says TEXT COMMAND...: waits, ten seconds at most, till the command prints the text.
until_says() {
	{ set +x; } 2>/dev/null
	local text=$1 tries=0
	shift
	until "$@" 2>&1 | grep -q -- "$text"; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || { "$@" || true; journalctl --no-pager --unit "hisseki*"; return 1; }
		sleep 0.1
	done
	set -x
}

send() { # send ACCOUNT [RECIPIENT]: one mail, as if the account had logged in
	swaks --server 127.0.0.1 --xclient-login "$1" --from "$1@example.jp" \
		--to "${2:-bob@example.org}" --body "Good morning" --silent 2
}

# starts UNIT...: all start at once. On a busy machine systemd itself fails now and then to start a
# unit whose last one has just left their control group ("No such file or directory"): such a start,
# in which nothing of ours was run, is asked for again.
starts() {
	local said
	systemctl start "$@" && return
	said=$(journalctl --no-pager --unit "hisseki*" --lines 80)
	echo "$said"
	grep -q 'Failed to spawn executor: No such file\|Failed to attach to cgroup.*No such file\|status=219/CGROUP' <<<"$said"
	systemctl start "$@"
}

main_pid() { systemctl show --value --property MainPID "$1"; }

is_new() { # is_new UNIT PID: waits till it runs again, as another process
	{ set +x; } 2>/dev/null
	until [ "$(main_pid "$1")" != "$2" ] && systemctl --quiet is-active "$1"; do
		if systemctl --quiet is-failed "$1"; then systemctl status "$1"; return 1; fi
		sleep 0.1
	done
	set -x
}

# One host that sends to nobody: every mail is delivered at once, to nowhere.
start_postfix() {
	postconf -e enable_long_queue_ids=yes inet_protocols=ipv4 inet_interfaces=localhost \
		myhostname=mail.example.jp mydestination= default_transport=discard \
		smtpd_authorized_xclient_hosts=127.0.0.1 smtpd_relay_restrictions=permit_mynetworks,reject
	systemctl start postfix
}

# doc FILE HEADING: the commands that stand below a heading, which is a regular expression.
doc() {
	awk -v heading="$2" '/^#/ { on = ($0 ~ "^#+ " heading "$") }
		on && /^    / { print substr($0, 5); n++ } END { exit n == 0 }' "$1"
}

# as_told FILE HEADING [SED]: does what stands there, line by line, word for word but for what a
# sed script changes or leaves out. The file "told" has the lines that were done.
as_told() {
	local line changed
	doc "$1" "$2" >/tmp/lines
	: >/tmp/run
	while IFS= read -r line; do
		changed=$(sed "${3:-}" <<<"$line")
		[ -z "$changed" ] || { echo "$changed" >>/tmp/run; echo "$line" >>told; }
	done </tmp/lines
	bash -eux /tmp/run
}

# untold FILE...: the commands of documents that as_told never did.
untold() {
	for file; do doc "$file" '.*'; done |
		grep -E '^(sudo|hisseki|make|cd|diff|journalctl|postconf|systemctl|apt) ' | sort -u | comm -23 - <(sort -u told)
}
