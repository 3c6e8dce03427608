# Read by the hooks beside it: takes the event from standard input and sets $event,
# $incident and $login, for each name by which the account logs in. Needs jq or python3.
# shellcheck shell=sh
LC_ALL=C
export LC_ALL

fail() {
	echo "${0##*/}: $1" >&2
	exit 1
}

json=$(cat)

# field NAME prints a text field of the event, byte for byte. One with a NUL is refused, for
# the shell would drop it.
field() {
	if command -v jq >/dev/null 2>&1; then
		printf '%s' "$json" | jq -ej --arg name "$1" '.[$name] | strings
			| select(explode | index(0) | not)'
	else
		printf '%s' "$json" | python3 -c 'import json, sys
value = json.load(sys.stdin)[sys.argv[1]]
if not isinstance(value, str) or "\0" in value:
    sys.exit("no text")
sys.stdout.write(value)' "$1"
	fi
}

# The x keeps line ends at the end of a value, which $( ) would drop.
value=$(field event && echo x) || fail "no event on standard input"
# shellcheck disable=SC2034 # for the hooks
event=${value%x}
value=$(field incident && echo x) || fail "the event names no incident"
incident=${value%x}

# names prints the names by which the account logs in, a line each; one that does not fit a line is
# printed as one that is refused below.
names() {
	if command -v jq >/dev/null 2>&1; then
		printf '%s' "$json" | jq -er 'if (.logins // []) == [] then [.sender] else .logins end
			| .[] | strings | if (explode | index(0) or index(10)) then "odd name" else . end'
	else
		printf '%s' "$json" | python3 -c 'import json, sys
event = json.load(sys.stdin)
for name in event.get("logins") or [event["sender"]]:
    if not isinstance(name, str):
        sys.exit("no text")
    odd = "\0" in name or "\n" in name
    sys.stdout.buffer.write((("odd name" if odd else name) + "\n").encode())'
	fi
}

# An account may log in by several names (aliases, one name for each device): the hook runs once
# for each, and fails when it does for one of them.
if [ -z "${HISSEKI_LOGIN+set}" ]; then
	list=$(names && echo x) || fail "the event names no sender"
	list=${list%x}
	[ -n "$list" ] || fail "the event names no sender"
	status=0
	while IFS= read -r name; do
		printf '%s' "$json" | HISSEKI_LOGIN=$name "$0" "$@" || status=1
	done <<-END
		${list%?}
	END
	exit "$status"
fi
login=$HISSEKI_LOGIN

# A login with any other character is too great a risk: lock it by hand.
case $login in
'' | [!A-Za-z0-9]* | *[!A-Za-z0-9._+@=\'-]*) fail "the login has unusual characters: lock it by hand" ;;
esac
# In a path, a domain of dots only would lead elsewhere.
case ${login##*@} in
*[!.]*) ;;
*) fail "the login's domain is odd: lock it by hand" ;;
esac
case $incident in
I*[!0-9]* | [!I]* | I) fail "the incident's name is odd" ;;
esac

# locks says whether the event is one to lock the login for, unlocks whether it is one to
# let it in again. A confirmed theft stays locked until the postmaster has seen to it.
locks() { case $event in opened | reopened | confirmed | denied) ;; *) return 1 ;; esac; }
unlocks() { [ "$event" = dismissed ]; }

# without FILE WORD prints the lines of a file whose first word is another one. Words that
# look like numbers are compared as text too: 7 is not 007.
without() {
	[ ! -e "$1" ] || awk -v word="$2" '($1 "") != (word "")' "$1"
}

# has FILE WORD says whether a line of a file has that first word.
has() {
	[ -e "$1" ] && awk -v word="$2" '($1 "") == (word "") { found = 1 } END { exit !found }' "$1"
}

# replace FILE puts standard input in the place of a file at once, with its owner and mode.
# Postfix and Dovecot notice a change by a file's time in whole seconds, so two changes must not
# share one.
replace() {
	while [ -e "$1" ] && [ "$(date -r "$1" +%s)" = "$(date +%s)" ]; do sleep 0.2; done
	new=$(mktemp "$1.XXXXXX") || fail "cannot write beside $1"
	if cat >"$new" && like "$1" "$new" && mv "$new" "$1"; then return; fi
	rm -f "$new"
	fail "cannot write $1"
}

# like OLD NEW gives a file the owner and mode of another; without one, everybody may read it.
like() {
	if [ -e "$1" ]; then
		chown --reference="$1" "$2" && chmod --reference="$1" "$2"
	else
		chmod 644 "$2"
	fi
}
