#!/usr/bin/env bash
# Writes the TypeScript of the protos to core/control/gen, where they are newer. Needs no network.
set -euo pipefail
cd "$(dirname "$0")"
out=../core/control/gen
if [[ -e $out/.made && -z $(find . ../package-lock.json -newer "$out/.made" -type f -print -quit) ]]; then exit; fi
rm -rf "$out"
buf generate
touch "$out/.made"
