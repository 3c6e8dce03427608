#!/bin/sh
# Replays the detection scenarios and prints their scores. EVAL_DATA names the folder of
# dev-*.tar.zst and score.py.
set -eu
data=${EVAL_DATA:-../shared/detection}
cache=.cache/eval
if [ ! -f "$data/score.py" ]; then
	echo "eval: no scenarios in $data: they are not part of this repository;" \
		"set EVAL_DATA to their folder" >&2
	exit 1
fi
mkdir -p "$cache"
for archive in "$data"/dev-*.tar.zst; do
	name=$(basename "$archive" .tar.zst)
	if [ ! -f "$cache/$name.done" ] || [ "$archive" -nt "$cache/$name.done" ]; then
		rm -rf "${cache:?}/$name"
		zstd -dcq "$archive" | tar -xf - -C "$cache"
		touch "$cache/$name.done"
	fi
	for option in '' --no-client; do
		echo "== $name $option"
		start=$(date +%s)
		result=$cache/$name$option.jsonl
		bin/hisseki replay --timeline "$cache/$name/timeline.jsonl" --json $option >"$result"
		python3 "$data/score.py" "$cache/$name" "$result"
		echo "   replay took $(($(date +%s) - start)) s"
	done
done
