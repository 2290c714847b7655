#!/usr/bin/env bash
# npm run bench: sees that the machine has the peers to compare with, builds, and measures.
#   npm run bench -- [--quick] [--rounds N] [--only NAME,...] [--servers NAME,...] [--json FILE] [--dir DIR]
set -euo pipefail
invoked_from=${INIT_CWD:-$PWD}
cd "$(dirname "$0")/../.."

missing=()
command -v bindfs >/dev/null || missing+=(bindfs)
command -v fusermount3 >/dev/null || missing+=(fuse3)
command -v rclone >/dev/null || missing+=(rclone)
command -v sshfs >/dev/null || missing+=(sshfs)
command -v sshd >/dev/null || missing+=(openssh-server)
command -v s3fs >/dev/null || missing+=(s3fs)
command -v mount.davfs >/dev/null || missing+=(davfs2)
command -v apache2 >/dev/null || missing+=(apache2-bin)
command -v ffmpeg >/dev/null || missing+=(ffmpeg)
ldconfig -p 2>/dev/null | grep -q 'libfuse\.so\.2' || missing+=(libfuse2)
if ((${#missing[@]})); then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]}" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "The benchmark compares with programs that this machine lacks. As root, type:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 6
  fi
fi
npm run --silent build
MUSICFS_BENCH_CWD=$invoked_from exec node dist/test/bench/main.js "$@"
