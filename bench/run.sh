#!/bin/sh
# Checks that every engine agrees, measures each in a process of its own on one
# thread, and writes RESULTS.md. Takes a few minutes.
#
#   ./run.sh                              as published
#   ROUNDS=1 ROUND=100ms ./run.sh         quickly
#   MACHINE="8 vCPU cloud machine" ./run.sh
set -eu
cd "$(dirname "$0")"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

go test -count=1 -run TestAgree .
go build -o "$scratch/compare" ./cmd/compare
for engine in $("$scratch/compare" -list); do
  echo "$engine" >&2
  GOMAXPROCS=1 "$scratch/compare" -engine "$engine" -rounds "${ROUNDS:-3}" -round "${ROUND:-500ms}" >>"$scratch/rows.jsonl"
done
"$scratch/compare" -report -machine "${MACHINE:-$(getconf _NPROCESSORS_ONLN) vCPU cloud machine}" <"$scratch/rows.jsonl" >"$scratch/RESULTS.md"
mv "$scratch/RESULTS.md" RESULTS.md
