/**
 * The errno values that MusicFS answers with; the only place that knows their numbers.
 * Linux's values (`include/uapi/asm-generic/errno-base.h`), which are those of macOS too for the ones below 35.
 */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  EROFS: 30,
  ERANGE: 34,
  ENOSYS: process.platform === "darwin" ? 78 : 38,
  ENODATA: process.platform === "darwin" ? 96 : 61,
  ESTALE: process.platform === "darwin" ? 70 : 116,
  ENOTCONN: process.platform === "darwin" ? 57 : 107,
} as const;

export type ErrnoName = keyof typeof ERRNO;

/** The errno to answer a request with whose handling threw `error`; EIO unless the error names a better one. */
export function errnoOf(error: unknown): number {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return code in ERRNO ? ERRNO[code as ErrnoName] : ERRNO.EIO;
}

/** An error that becomes `errno` in the answer to a request. */
export class ErrnoError extends Error {
  override readonly name = "ErrnoError";
  readonly code: ErrnoName;

  constructor(code: ErrnoName, message: string = code) {
    super(message);
    this.code = code;
  }
}
