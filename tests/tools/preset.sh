#!/usr/bin/env bash
# Builds another preset below this build's folder and runs its tests.
# Usage: preset.sh SOURCE BUILD PRESET      exit code 77 (skipped) without its compiler
set -euo pipefail
source=$1 build=$2/$3 preset=$3
cd "$source"
if [ "$preset" = aarch64 ]; then
    for command in aarch64-linux-gnu-gcc qemu-aarch64; do
        command -v $command >/dev/null || { echo "SKIP: $command is not installed"; exit 77; }
    done
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake --preset "$preset" -B "$build" && cmake --build "$build"; } >"$log" 2>&1 || { tail -50 "$log"; exit 1; }
ctest --test-dir "$build" -j"$(nproc)" -LE slow --output-on-failure
