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

# What a test needs beside what all need, as FILE:PACKAGE; a file without a slash is a program.
case $name in
  servers)
    needed=(apache2:apache2-bin nginx:nginx-light lighttpd:lighttpd radosgw:radosgw ceph-mon:ceph-mon ceph-mgr:ceph-mgr ceph-osd:ceph-osd
      /usr/lib/nginx/modules/ngx_http_dav_ext_module.so:libnginx-mod-http-dav-ext /usr/lib/lighttpd/mod_webdav.so:lighttpd-mod-webdav)
    ;;
  smb) needed=(smbd:samba rclone:rclone fusermount3:fuse3) ;;
  service) needed=(/lib/systemd/systemd:systemd systemctl:systemd unshare:util-linux fusermount3:fuse3) ;;
  *) needed=() ;;
esac
missing=()
for pair in "${needed[@]}"; do
  file=${pair%%:*}
  if [[ $file == /* ]]; then [[ -e $file ]]; else command -v "$file" >/dev/null 2>&1; fi || missing+=("${pair##*:}")
done
if ((${#missing[@]})); then
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "Something is missing. As root, type: apt-get install ${missing[*]}" >&2
    exit 6
  fi
  echo "installing ${missing[*]}" >&2
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
npm run --silent build
exec node --test --test-reporter=spec "$@" "dist/test/soak/$name.soak.js"
