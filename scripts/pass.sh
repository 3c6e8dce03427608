#!/bin/sh
# Usage: pass.sh NAME COMMAND...  Runs a command, keeps what it prints in bin/NAME.log, ends as it ended.
set -u
name=$1
shift
mkdir -p bin
{
	"$@" 2>&1
	echo $? >"bin/$name.status"
} | tee "bin/$name.log"
exit "$(cat "bin/$name.status")"
