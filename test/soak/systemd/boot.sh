#!/usr/bin/env bash
# Boots systemd as process 1 of the namespaces that it is started in: boot.sh FOLDER PROJECT
# What it sees as its disk is this machine's, with all that is written going to memory; of units only those below.
set -euo pipefail
folder=$1
project=$2
root=$folder/root

mount -t tmpfs tmpfs "$folder"
mkdir "$folder"/{written,work,root}
mount -t overlay -o "lowerdir=/,upperdir=$folder/written,workdir=$folder/work" overlay "$root"
# What root has of its own, a library of MusicFS among it, is no part of the test.
mount -t tmpfs -o mode=0700 tmpfs "$root/root"
# It may lie on a disk of its own, which the overlay does not show.
mkdir -p "$root$project"
mount --bind "$project" "$root$project"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
umount -R "$root/sys/fs/cgroup" 2>/dev/null || true
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom tty fuse; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"

units=$root/etc/systemd/system
rm -rf "$units"
mkdir -p "$units"
for target in sysinit basic shutdown multi-user sockets network-online local-fs remote-fs; do
  printf '[Unit]\nDefaultDependencies=no\n' >"$units/$target.target"
done
printf '[Unit]\nDefaultDependencies=no\nRequires=basic.target systemd-journald.service\n' >"$units/soak.target"
cp /lib/systemd/system/systemd-journald.{service,socket} /lib/systemd/system/systemd-journald-dev-log.socket "$units"
tr -d '-' </proc/sys/kernel/random/uuid >"$root/etc/machine-id"

cd "$root"
mkdir old
pivot_root . old
umount -l /old
export container=soak SYSTEMD_UNIT_PATH=/etc/systemd/system
unset NOTIFY_SOCKET
exec /lib/systemd/systemd --system --unit=soak.target --log-target=journal --show-status=false
