# Read by the hooks that ask an account's owner: sets $login, $incident, $link and $until of the
# event on standard input, and finds where the owner is reached besides his mailbox.
# shellcheck shell=sh
. "${0%/*}/event.sh"
value=$(field ask_url && echo x) || fail "the event has no link: configure the hook as [[hooks.ask]]"
link=${value%x}
case $link in
https://*[!A-Za-z0-9._~:/%-]* | http://*[!A-Za-z0-9._~:/%-]*) fail "the link has unusual characters" ;;
https://* | http://localhost:*) ;;
*) fail "the link is not https" ;;
esac
# shellcheck disable=SC2034 # for the hooks
until=$(field ask_until) || fail "the event does not say how long the link is good"

# reach FILE prints where the owner is reached: the second word of the line that begins with the
# account. An account without a line is not asked.
reach() {
	[ -r "$1" ] || fail "cannot read $1"
	to=$(awk -v account="$login" '($1 "") == (account "") { print $2; exit }' "$1")
	if [ -z "$to" ]; then
		echo "nobody knows another way to $login: not asked" >&2
		exit 0
	fi
	echo "$to"
}

# post CONFIG has curl send what its standard input says, so that neither link nor address is seen
# in the list of processes.
post() {
	command -v curl >/dev/null 2>&1 || fail "needs curl"
	curl --silent --show-error --fail --max-time 20 --proto =https,=http --config -
}
