#!/bin/sh
# Fuzzes every parser of foreign bytes in turn, FUZZTIME each (60s by default).
set -eu
for file in $(grep -rl --include='*_test.go' --exclude-dir=bench '^func Fuzz' . | sort); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' "$file"); do
		echo "== $file $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-60s}" -fuzzminimizetime 1x "$(dirname "$file")"
	done
done
