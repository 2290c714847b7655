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
if [[ $name == servers ]]; then
  missing=()
  for pair in apache2:apache2-bin nginx:nginx-light lighttpd:lighttpd radosgw:radosgw ceph-mon:ceph-mon ceph-mgr:ceph-mgr ceph-osd:ceph-osd; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair##*:}")
  done
  [[ -e /usr/lib/nginx/modules/ngx_http_dav_ext_module.so ]] || missing+=(libnginx-mod-http-dav-ext)
  [[ -e /usr/lib/lighttpd/mod_webdav.so ]] || missing+=(lighttpd-mod-webdav)
  if ((${#missing[@]})); then
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
      echo "The servers are missing. As root, type: apt-get install ${missing[*]}" >&2
      exit 6
    fi
    echo "installing ${missing[*]}" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
fi
npm run --silent build
exec node --test --test-reporter=spec "$@" "dist/test/soak/$name.soak.js"
