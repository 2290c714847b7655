#!/usr/bin/env bash
# npm test: sees that the machine has what the tests use, builds, and runs them all.
#   test/run.sh [FILE…]   only these compiled test files, such as dist/test/core/library/names.test.js
set -euo pipefail
cd "$(dirname "$0")/.."

# command → Debian package
need=(fusermount3:fuse3 ffprobe:ffmpeg ffmpeg:ffmpeg setfattr:attr setpriv:util-linux mkfs.ext4:e2fsprogs xfs_io:xfsprogs curl:curl openssl:openssl zsh:zsh fish:fish mandoc:mandoc python3:python3-minimal mpd:mpd mpc:mpc sshd:openssh-server ssh-keygen:openssh-client rclone:rclone sshfs:sshfs apache2:apache2-bin)
missing=()
for pair in "${need[@]}"; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair##*:}")
done
ldconfig -p 2>/dev/null | grep -q 'libfuse\.so\.2' || missing+=(libfuse2)
if ((${#missing[@]})); then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]}" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "The tests need packages that this machine lacks. As root, type:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 6
  fi
fi

npm run --silent build
if (($#)); then
  files=("$@")
else
  mapfile -t files < <(find dist/test -name '*.test.js' | while read -r compiled; do
    source=${compiled#dist/}
    [[ -e ${source%.js}.ts ]] && echo "$compiled"
  done | sort)
fi
# Two files at a time: the mounts of more would only wait for the same cores.
exec node --test --test-reporter=spec --test-concurrency=2 --test-timeout=600000 "${files[@]}"
