#!/bin/sh
# Replays the detection scenarios and prints their scores, then pools them, calibrates on
# all but one, and switches signals off. EVAL_DATA names the folder of dev-*.tar.zst and
# score.py. The tables are left in .cache/eval/evaluation.md too.
set -eu
export HISSEKI_CONFIG= # the figures are those of the defaults
data=${EVAL_DATA:-../shared/detection}
cache=.cache/eval
if [ ! -f "$data/score.py" ]; then
	echo "eval: no scenarios in $data: they are not part of this repository;" \
		"set EVAL_DATA to their folder" >&2
	exit 1
fi
# score replays one scenario, with an option or without, and keeps what score.py says.
score() {
	name=$1
	shift
	run=$cache/$name$*
	bin/hisseki replay --timeline "$cache/$name/timeline.jsonl" --json "$@" >"$run.jsonl"
	python3 "$data/score.py" "$cache/$name" "$run.jsonl" >"$run.score.txt"
	python3 "$data/score.py" "$cache/$name" "$run.jsonl" --json >"$run.score.json"
}

mkdir -p "$cache"
begin=$(date +%s)
set --
for archive in "$data"/dev-*.tar.zst; do
	name=$(basename "$archive" .tar.zst)
	if [ ! -f "$cache/$name.done" ] || [ -n "$(find "$archive" -newer "$cache/$name.done")" ]; then
		rm -rf "${cache:?}/$name"
		zstd -dcq "$archive" | tar -xf - -C "$cache"
		touch "$cache/$name.done"
	fi
	set -- "$@" "$cache/$name"
	score "$name" &
	other=$!
	score "$name" --no-client
	wait "$other"
	for option in '' --no-client; do
		echo "== $name $option"
		cat "$cache/$name$option.score.txt"
	done
done
for archive in "$data"/good/*.tar.zst; do # good mail only, where there is any
	[ -f "$archive" ] || continue
	name=$(basename "$archive" .tar.zst)
	if [ ! -f "$cache/$name.done" ] || [ -n "$(find "$archive" -newer "$cache/$name.done")" ]; then
		rm -rf "${cache:?}/$name"
		zstd -dcq "$archive" | tar -xf - -C "$cache"
		touch "$cache/$name.done"
	fi
	set -- "$@" "$cache/$name"
done
go run ./internal/evaluate --check "$cache" --markdown "$cache/evaluation.md" \
	--commit "$(git describe --always --dirty)" "$@"
echo
echo "measured in $(($(date +%s) - begin)) s; the tables are in $cache/evaluation.md"
