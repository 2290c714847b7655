#!/usr/bin/env bash
# npm run soak: tests that take long, each by name.
#   npm run soak -- NAME [--test-name-pattern=PATTERN]   one of test/soak/NAME.soak.ts
set -euo pipefail
cd "$(dirname "$0")/../.."
name=${1:-}
if [[ ! -e test/soak/$name.soak.ts ]]; then
  echo "usage: npm run soak -- NAME [--test-name-pattern=PATTERN], of:" >&2
  for file in test/soak/*.soak.ts; do basename "$file" .soak.ts >&2; done
  exit 2
fi
shift
npm run --silent build
exec node --test --test-reporter=spec "$@" "dist/test/soak/$name.soak.js"
