/**
 * The kernel's FUSE protocol as far as a read-only filesystem meets it: `include/uapi/linux/fuse.h`,
 * versions 7.31 (Linux 5.4) to 7.45. All structs are in the machine's own byte order and padded to eight
 * bytes, so they are read and written as 32-bit words; the offsets here count words unless they say bytes.
 */

/** The minor version that this code speaks, and the oldest one that it accepts. */
export const MINOR_VERSION = { newest: 45, oldest: 31 } as const;

/** `enum fuse_opcode`. */
export const OP = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  setattr: 4,
  readlink: 5,
  symlink: 6,
  mknod: 8,
  mkdir: 9,
  unlink: 10,
  rmdir: 11,
  rename: 12,
  link: 13,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  setxattr: 21,
  getxattr: 22,
  listxattr: 23,
  removexattr: 24,
  flush: 25,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  fsyncdir: 30,
  getlk: 31,
  setlk: 32,
  setlkw: 33,
  access: 34,
  create: 35,
  interrupt: 36,
  bmap: 37,
  destroy: 38,
  ioctl: 39,
  poll: 40,
  notify_reply: 41,
  batch_forget: 42,
  fallocate: 43,
  readdirplus: 44,
  rename2: 45,
  lseek: 46,
  copy_file_range: 47,
  setupmapping: 48,
  removemapping: 49,
  syncfs: 50,
  tmpfile: 51,
  statx: 52,
} as const;

/** Opcodes are counted in tables of this length; what lies beyond is counted under 0. */
export const OP_TABLE_LENGTH = 64;

/** Requests that would change something: each is answered with EROFS. */
export const WRITING_OPS: ReadonlySet<number> = new Set([
  OP.setattr,
  OP.symlink,
  OP.mknod,
  OP.mkdir,
  OP.unlink,
  OP.rmdir,
  OP.rename,
  OP.link,
  OP.write,
  OP.setxattr,
  OP.removexattr,
  OP.create,
  OP.fallocate,
  OP.rename2,
  OP.copy_file_range,
  OP.tmpfile,
]);

/** `struct fuse_in_header`: 40 bytes, then the arguments. */
export const IN = {
  length: 0,
  opcode: 1,
  unique: 2,
  node: 4,
  /** Of the thread that asks, as this process sees it; 0 where it cannot. */
  pid: 8,
  /** First word of the arguments. */
  arguments: 10,
  argumentsByte: 40,
} as const;

/** Words of the arguments, from the start of the request. */
export const INIT_IN = { major: 10, minor: 11, maxReadahead: 12, flags: 13, flags2: 14 } as const;
export const OPEN_IN = { flags: 10 } as const;
/** `struct fuse_read_in`, which READ, READDIR and READDIRPLUS share. */
export const READ_IN = { handle: 10, access: 11, offset: 12, size: 14 } as const;
export const RELEASE_IN = { handle: 10, access: 11 } as const;
export const INTERRUPT_IN = { unique: 10 } as const;

/** `struct fuse_out_header`: length, error, unique. */
export const OUT_HEADER_BYTES = 16;
export const ATTR_OUT_BYTES = 104;
export const ENTRY_OUT_BYTES = 128;
export const OPEN_OUT_BYTES = 16;
export const STATFS_OUT_BYTES = 80;
export const INIT_OUT_BYTES = 64;
/** `struct fuse_dirent` before its name. */
export const DIRENT_BYTES = 24;

/** INIT flags; those from bit 32 on stand in `flags2`. */
export const INIT_FLAG = {
  asyncRead: 1 << 0,
  readdirplus: 1 << 13,
  readdirplusAuto: 1 << 14,
  parallelDirops: 1 << 18,
  abortError: 1 << 21,
  maxPages: 1 << 22,
  cacheSymlinks: 1 << 23,
  noOpendirSupport: 1 << 24,
  explicitInvalidation: 1 << 25,
  extended: 1 << 30,
} as const;
export const INIT_FLAG2 = { directIoAllowMmap: 1 << 4, passthrough: 1 << 5 } as const;

export const FOPEN = { directIo: 1 << 0, keepCache: 1 << 1, passthrough: 1 << 7 } as const;

/** `enum fuse_notify_code`, sent as the error of a message whose unique is 0. */
export const NOTIFY = { invalidateInode: 2, invalidateEntry: 3 } as const;

/** `_IOW(229, 1, struct fuse_backing_map)` and `_IOW(229, 2, uint32_t)`, Linux 6.9. */
export const BACKING_OPEN = 0x4010e501;
export const BACKING_CLOSE = 0x4004e502;

/** Longest READ answer: 256 pages of 4 KiB. */
export const MAX_READ_BYTES = 1 << 20;
export const MAX_PAGES = 256;
/**
 * Smallest `max_write` that the kernel takes: nothing is ever written, and what it announces is what the
 * buffer for requests must hold.
 */
export const MAX_WRITE_BYTES = 4096;
/** Room for the largest request, a SETXATTR of 64 KiB. */
export const REQUEST_BUFFER_BYTES = 128 * 1024;

/** How long the kernel may keep names and attributes, in seconds: notifications say when they change. */
export const CACHE_SECONDS = 7 * 86_400;
