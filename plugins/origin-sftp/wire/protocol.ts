/**
 * The numbers of SFTP version 3, which every server speaks (draft-ietf-secsh-filexfer-02), and what is used of OpenSSH's
 * extensions (its file PROTOCOL).
 */
export const SFTP_VERSION = 3;

export const REQUEST = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  lstat: 7,
  fstat: 8,
  opendir: 11,
  readdir: 12,
  realpath: 16,
  stat: 17,
  extended: 200,
} as const;

export const ANSWER = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 201,
} as const;

export const STATUS = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
} as const;

/** What a server calls its limits, and its disk's figures. */
export const EXTENSION = { limits: "limits@openssh.com", statvfs: "statvfs@openssh.com" } as const;

export const OPEN_FOR_READING = 1;

/** Flags of what attributes are there. */
export const ATTRIBUTE = {
  size: 0x1,
  owner: 0x2,
  permissions: 0x4,
  times: 0x8,
  extended: 0x80000000,
} as const;

/** What every server takes in one READ; more only where it says so. */
export const SURE_READ_BYTES = 32 * 1024;
/** Larger packets are no answer to anything that is asked here. */
export const MAX_PACKET_BYTES = 512 * 1024;
