import { createRequire } from "node:module";

const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
const libc = koffi.load(null);

/** `POSIX_FADV_RANDOM` and `POSIX_FADV_DONTNEED` of `<fcntl.h>`. */
const FADV_RANDOM = 1;
const FADV_DONTNEED = 4;
const POLLERR = 8;
const POLLPRI = 2;

const posixFadvise = libc.func("int posix_fadvise(int, int64_t, int64_t, int)");
const pollCall = libc.func("int poll(void *, unsigned long, int)");

/** `access`, `open`, `close` and `pread` of libc: a call costs under a microsecond, and throws nothing. */
export const access = libc.func("int access(const void *, int)");
export const open = libc.func("int open(const void *, int)");
export const close = libc.func("int close(int)");
export const pread = libc.func("long pread(int, void *, size_t, int64_t)");

/** A path as the calls take it. */
export function pathBytes(path: string): Buffer {
  return Buffer.from(`${path}\0`);
}

/** Makes the kernel forget the pages of this file; those of a file that stands behind it stay. */
export function dropPages(fd: number): void {
  check(posixFadvise(fd, 0, 0, FADV_DONTNEED));
}

/** Keeps the kernel from reading ahead in this open file. */
export function expectRandomReads(fd: number): void {
  check(posixFadvise(fd, 0, 0, FADV_RANDOM));
}

/** Waits until something is mounted or unmounted; `mountsFd` is an open `/proc/self/mounts`. */
export function waitForMounts(mountsFd: number, timeoutMs: number): void {
  const polled = Buffer.alloc(8);
  polled.writeInt32LE(mountsFd, 0);
  polled.writeInt16LE(POLLERR | POLLPRI, 4);
  pollCall(polled, 1, timeoutMs);
}

function check(errno: number): void {
  if (errno !== 0) throw new Error(`posix_fadvise: errno ${errno}`);
}
