#!/bin/sh
# Measures every engine in a process of its own and writes RESULTS.md. Takes
# about ten minutes; run it on a machine that does nothing else.
set -eu
cd "$(dirname "$0")"
GOMAXPROCS=1
export GOMAXPROCS
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/compare" ./cmd/compare
for engine in $("$tmp/compare" -list); do
	echo "measuring $engine" >&2
	"$tmp/compare" -engine "$engine" -rounds "${ROUNDS:-3}" >>"$tmp/rows.jsonl"
done
"$tmp/compare" -report "$tmp/rows.jsonl" -machine "${MACHINE:-$(go env GOOS)/$(go env GOARCH), $(go env GOVERSION)}" >RESULTS.md
