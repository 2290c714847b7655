import { createRequire } from "node:module";
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
// Not from "musicfs", which every worker would have to load with all that a config needs.
import { MusicfsError } from "musicfs/vfs";

/**
 * The few system calls that Node lacks, or has only at the price of an exception a failure. Memory is
 * passed by address (see {@link Syscalls.addressOf}); a failure is a negative errno, as the kernel itself
 * returns it. Nothing here waits, but {@link Syscalls.epollWait}.
 */
export interface Syscalls {
  /** Where the bytes of `view` lie. Good for as long as the view is referenced: the memory never moves. */
  addressOf(view: Uint8Array): number;
  read(fd: number, address: number, lengthBytes: number): number;
  write(fd: number, address: number, lengthBytes: number): number;
  pread(fd: number, address: number, lengthBytes: number, offsetBytes: number): number;
  /** {@link pread} of what is in memory: fewer bytes, or EAGAIN or EOPNOTSUPP, where the disk would be waited for. */
  preadNoWait(fd: number, address: number, lengthBytes: number, offsetBytes: number): number;
  close(fd: number): number;
  ioctl(fd: number, request: number, address: number): number;
  /** `statx` of an open file into 256 bytes at `address`. */
  statxFd(fd: number, address: number): number;
  setNonBlocking(fd: number): number;
  eventfd(): number;
  epollCreate(): number;
  /** Adds `fd` for reading. */
  epollAdd(epollFd: number, fd: number): number;
  /** Waits without limit until a descriptor can be read or is broken. */
  epollWait(epollFd: number): number;
  mount(source: string, target: string, type: string, flags: number, data: string): number;
  /** Not on this thread: an unmount may wait for the disk. */
  umount2(target: string, flags: number): Promise<number>;
  /** Two connected Unix stream sockets, closed on exec. */
  socketpair(): readonly [number, number] | number;
  /** The descriptor that a peer sent over a Unix socket, closed on exec; a negative errno when there is none. */
  receiveFd(socketFd: number): number;
}

export const MS = { readOnly: 1, noSuid: 2, noDev: 4, noExec: 8, noAtime: 1024 } as const;
export const MNT_DETACH = 2;

/** Numbers of errors by name, the machine's own. */
export const SYSTEM_ERRNO = constants.errno;

let loaded: Syscalls | undefined;

/**
 * The system calls, through the package `koffi`; loaded at the first call in each thread.
 *
 * @throws MusicfsError `MFS_MACHINE_LACKS` when koffi has no binary for this machine.
 */
export function loadSyscalls(): Syscalls {
  loaded ??= bind(loadKoffi());
  return loaded;
}

/** `ENOENT` of -2. */
export function errnoName(negativeErrno: number): string {
  return getSystemErrorName(negativeErrno);
}

type Koffi = typeof import("koffi");
type LibraryFunction = ReturnType<ReturnType<Koffi["load"]>["func"]>;

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch (cause) {
    throw new MusicfsError(
      "MFS_MACHINE_LACKS",
      `the package 'koffi' has no binary for ${process.platform}-${process.arch}`,
      { hint: "Run 'npm ci' without --omit=optional, or use mount: mountFuseNative().", cause },
    );
  }
}

const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const O_CLOEXEC = 0x80000;
const EFD_NONBLOCK = 0x800;
const EPOLLIN = 1;
const EPOLL_CTL_ADD = 1;
const RWF_NOWAIT = 8;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;

function bind(koffi: Koffi): Syscalls {
  const libc = koffi.load(null);
  const func = (definition: string) => {
    const call = libc.func(definition);
    return Object.assign((...args: unknown[]) => orErrno(koffi, call(...args)), { call });
  };
  // Called once or more a request: no rest parameters, no closures over arrays.
  const read = libc.func("long read(int, uintptr_t, size_t)");
  const write = libc.func("long write(int, uintptr_t, size_t)");
  const pread = libc.func("long pread(int, uintptr_t, size_t, int64_t)");
  const ioctl = libc.func("int ioctl(int, unsigned long, uintptr_t)");
  const statx = libc.func("int statx(int, const char *, int, unsigned int, uintptr_t)");
  const close = libc.func("int close(int)");
  const epollWait = libc.func("int epoll_wait(int, uintptr_t, int, int)");
  const events = new Uint8Array(16);
  const eventsAddress = Number(koffi.address(events));
  const umount2 = libc.func("int umount2(const char *, int)");
  return {
    addressOf: (view) => Number(koffi.address(view)),
    read: (fd, address, lengthBytes) => orErrno(koffi, read(fd, address, lengthBytes)),
    write: (fd, address, lengthBytes) => orErrno(koffi, write(fd, address, lengthBytes)),
    pread: (fd, address, lengthBytes, offsetBytes) =>
      orErrno(koffi, pread(fd, address, lengthBytes, offsetBytes)),
    preadNoWait: bindPreadNoWait(koffi, libc),
    close: (fd) => orErrno(koffi, close(fd)),
    ioctl: (fd, request, address) => orErrno(koffi, ioctl(fd, request, address)),
    statxFd: (fd, address) => orErrno(koffi, statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, address)),
    setNonBlocking: (fd) => {
      const fcntl = libc.func("int fcntl(int, int, int)");
      const flags = orErrno(koffi, fcntl(fd, F_GETFL, 0));
      return flags < 0 ? flags : orErrno(koffi, fcntl(fd, F_SETFL, flags | EFD_NONBLOCK));
    },
    eventfd: () => func("int eventfd(unsigned int, int)")(0, O_CLOEXEC | EFD_NONBLOCK),
    epollCreate: () => func("int epoll_create1(int)")(O_CLOEXEC),
    epollAdd: (epollFd, fd) => {
      new DataView(events.buffer).setUint32(0, EPOLLIN, isLittleEndian());
      return func("int epoll_ctl(int, int, int, uintptr_t)")(epollFd, EPOLL_CTL_ADD, fd, eventsAddress);
    },
    epollWait: (epollFd) => orErrno(koffi, epollWait(epollFd, eventsAddress, 1, -1)),
    mount: (source, target, type, flags, data) =>
      func("int mount(const char *, const char *, const char *, unsigned long, const char *)")(
        source,
        target,
        type,
        flags,
        data,
      ),
    umount2: (target, flags) => callAsync(koffi, umount2, target, flags),
    socketpair: () => {
      const pair = new Int32Array(2);
      const made = func("int socketpair(int, int, int, void *)")(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, pair);
      return made < 0 ? made : [pair[0] as number, pair[1] as number];
    },
    receiveFd: (socketFd) => receiveFd(koffi, func("long recvmsg(int, void *, int)"), socketFd),
  };
}

// preadv2(2) with one `struct iovec`; musl has it since 1.2.5.
function bindPreadNoWait(koffi: Koffi, libc: ReturnType<Koffi["load"]>): Syscalls["preadNoWait"] {
  const preadv2 = bindIfThere(libc, "long preadv2(int, uintptr_t, int, int64_t, int)");
  if (!preadv2) return () => -SYSTEM_ERRNO.EOPNOTSUPP;
  const vector = new DataView(new ArrayBuffer(16));
  const vectorAddress = Number(koffi.address(new Uint8Array(vector.buffer)));
  const endian = isLittleEndian();
  const put = (byte: number, value: number) => {
    vector.setUint32(byte + (endian ? 0 : 4), value >>> 0, endian);
    vector.setUint32(byte + (endian ? 4 : 0), Math.floor(value / 2 ** 32), endian);
  };
  return (fd, address, lengthBytes, offsetBytes) => {
    put(0, address);
    put(8, lengthBytes);
    return orErrno(koffi, preadv2(fd, vectorAddress, 1, offsetBytes, RWF_NOWAIT));
  };
}

function bindIfThere(library: ReturnType<Koffi["load"]>, definition: string): LibraryFunction | undefined {
  try {
    return library.func(definition);
  } catch {
    return undefined;
  }
}

const F_GETFL = 3;
const F_SETFL = 4;

function orErrno(koffi: Koffi, result: number): number {
  return result < 0 ? -koffi.errno() : result;
}

// koffi keeps errno for the thread that made the call, and hands it to the callback's.
function callAsync(koffi: Koffi, call: LibraryFunction, ...args: unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error: unknown, result: number) => {
      if (error) reject(error);
      else resolve(orErrno(koffi, result));
    });
  });
}

// `struct msghdr` and `struct cmsghdr` of 64-bit Linux (the only one that Node 20 runs on), recvmsg(2), cmsg(3).
function receiveFd(koffi: Koffi, recvmsg: (...args: unknown[]) => number, socketFd: number): number {
  const byte = Buffer.alloc(1);
  const vector = Buffer.alloc(16);
  const control = Buffer.alloc(64);
  const message = Buffer.alloc(56);
  const put = isLittleEndian() ? "writeBigUInt64LE" : "writeBigUInt64BE";
  vector[put](koffi.address(byte), 0);
  vector[put](1n, 8);
  message[put](koffi.address(vector), 16);
  message[put](1n, 24);
  message[put](koffi.address(control), 32);
  message[put](BigInt(control.length), 40);
  const received = recvmsg(socketFd, message, MSG_CMSG_CLOEXEC);
  if (received < 0) return received;
  const controlBytes = isLittleEndian() ? message.readUInt32LE(40) : message.readUInt32BE(44);
  if (received === 0 || controlBytes < 20) return -SYSTEM_ERRNO.ENODATA;
  return isLittleEndian() ? control.readInt32LE(16) : control.readInt32BE(16);
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}
