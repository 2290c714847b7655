import assert from "node:assert/strict";
import { chmodSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { ERRNO } from "musicfs/vfs";
import { FOPEN, INIT_FLAG, INIT_FLAG2, OP, WRITING_OPS } from "../../../plugins/mount-fuse/protocol.js";
import { SYSTEM_ERRNO } from "../../../plugins/mount-fuse/syscalls.js";
import {
  type Answer,
  FOLDER_NAMES,
  INO,
  type KernelEnd,
  nameArgument,
  openKernelEnd,
  SONG,
  TARGET,
  words,
} from "./kernel-end.js";

const SONG_REVISION = 3;
const ALL = 0xffffffff;
let kernel: KernelEnd;

beforeEach(() => {
  kernel = openKernelEnd();
});
afterEach(() => kernel.close());

function ask(opcode: number, ino: number, args?: Uint8Array, revision?: number): Answer {
  const answer = kernel.ask(opcode, ino, args, revision);
  assert.ok(answer, "no answer");
  return answer;
}

function openSong(): Answer {
  return ask(OP.open, INO.song, words(0, 0), SONG_REVISION);
}

function readSong(handle: number, offset: number, size: number): Answer {
  return ask(OP.read, INO.song, words(handle, 0, offset, 0, size, 0, 0, 0, 0, 0), SONG_REVISION);
}

test("INIT takes what the kernel offers, passthrough included", () => {
  const { data } = ask(OP.init, 0, words(7, 45, 131072, ALL, ALL, ...Array(11).fill(0)));
  assert.equal(data.length, 64);
  assert.deepEqual([data.readUInt32LE(0), data.readUInt32LE(4)], [7, 45]);
  assert.ok(data.readUInt32LE(12) & INIT_FLAG.readdirplus);
  assert.equal(data.readUInt32LE(32), INIT_FLAG2.passthrough | INIT_FLAG2.directIoAllowMmap);
  assert.equal(data.readUInt32LE(36), 1, "stack depth");
  assert.equal(data.readUInt16LE(28), 256, "pages of a request");
});

test("INIT asks nothing of an older kernel that it does not offer", () => {
  const { data } = ask(OP.init, 0, words(7, 31, 131072, INIT_FLAG.asyncRead));
  assert.equal(data.readUInt32LE(4), 31);
  assert.equal(data.readUInt32LE(12), INIT_FLAG.asyncRead);
  assert.equal(data.readUInt32LE(32), 0);
});

test("INIT refuses a kernel older than Linux 5.4, and answers a newer major with its own", () => {
  assert.equal(ask(OP.init, 0, words(7, 30, 0, 0)).errno, SYSTEM_ERRNO.EPROTO);
  assert.equal(ask(OP.init, 0, words(8, 0, 0, 0)).data.readUInt32LE(0), 7);
});

test("LOOKUP gives the node with its revision, attributes and owner", () => {
  const { errno, data } = ask(OP.lookup, INO.root, nameArgument("sóng.flac"));
  assert.equal(errno, 0);
  assert.equal(data.readBigUInt64LE(0), BigInt(INO.song) + 3n * 2n ** 37n);
  assert.equal(data.readBigUInt64LE(40), BigInt(INO.song), "attr.ino");
  assert.equal(data.readBigUInt64LE(48), BigInt(SONG.length));
  assert.equal(data.readUInt32LE(100), 0o100440);
  assert.deepEqual([data.readUInt32LE(108), data.readUInt32LE(112)], [1000, 1001]);
});

test("LOOKUP finds a name in any normalisation", () => {
  const { data } = ask(OP.lookup, INO.root, nameArgument("sóng.flac".normalize("NFD")));
  assert.equal(data.readBigUInt64LE(40), BigInt(INO.song));
});

test("LOOKUP lets the kernel remember that a name is missing", () => {
  for (const name of ["missing", Buffer.of(0x66, 0xff, 0x66), "x".repeat(255)]) {
    const { errno, data } = ask(OP.lookup, INO.root, nameArgument(name));
    assert.equal(errno, 0);
    assert.equal(data.readBigUInt64LE(0), 0n);
    assert.ok(data.readBigUInt64LE(16) > 0n, "valid for a while");
  }
  assert.equal(ask(OP.lookup, INO.root, nameArgument("x".repeat(256))).errno, SYSTEM_ERRNO.ENAMETOOLONG);
});

test("LOOKUP in a late directory hands over what is missing, and lets the kernel keep nothing", () => {
  const { data } = ask(OP.lookup, INO.late, nameArgument("made"));
  assert.equal(data.readBigUInt64LE(0), BigInt(INO.folder));
  assert.equal(data.readBigUInt64LE(16), 0n, "the name is asked for again");
  assert.ok(data.readBigUInt64LE(24) > 0n, "its attributes are kept");
  for (const name of ["not yet", "é".normalize("NFD")]) {
    assert.equal(kernel.ask(OP.lookup, INO.late, nameArgument(name)), undefined);
    const message = kernel.posted.at(-1);
    assert.ok(message?.kind === "lookup");
    assert.deepEqual([message.parentIno, message.name], [INO.late, name]);
  }
  assert.equal(ask(OP.lookup, INO.late, nameArgument(Buffer.of(0xff))).data.readBigUInt64LE(0), 0n);
});

test("READLINK gives the target without a NUL; a link has mode 0777 and the target's length", () => {
  const { data } = ask(OP.lookup, INO.root, nameArgument("link"));
  assert.equal(data.readUInt32LE(100), 0o120777);
  assert.equal(data.readBigUInt64LE(48), BigInt(Buffer.byteLength(TARGET)));
  assert.equal(ask(OP.readlink, INO.link).data.toString(), TARGET);
  assert.equal(ask(OP.readlink, INO.folder).errno, ERRNO.EINVAL);
  assert.equal(ask(OP.readlink, INO.song, undefined, SONG_REVISION).errno, ERRNO.EINVAL);
  assert.equal(ask(OP.readlink, 9999).errno, ERRNO.ENOENT);
});

test("GETATTR writes times before 1970 and sizes beyond 4 GiB", () => {
  const folder = ask(OP.getattr, INO.folder, words(0, 0, 0, 0)).data;
  assert.equal(folder.readBigInt64LE(16 + 32), -2n);
  assert.equal(folder.readUInt32LE(16 + 52), 499_500_000);
  assert.equal(folder.readUInt32LE(16 + 60), 0o040550);
  const remote = ask(OP.getattr, INO.remote, words(0, 0, 0, 0)).data;
  assert.equal(remote.readBigUInt64LE(16 + 8), 5_000_000_000n);
});

test("a revision that is gone has attributes only while it is open", () => {
  const handle = openSong().data.readUInt32LE(0);
  kernel.db.prepare("UPDATE nodes SET revision = 4, size = 1 WHERE ino = ?").run(INO.song);
  const open = ask(OP.getattr, INO.song, words(0, 0, 0, 0), SONG_REVISION);
  assert.equal(open.data.readBigUInt64LE(16 + 8), BigInt(SONG.length));
  assert.deepEqual(readSong(handle, 0, 4096).data, SONG);
  writeFileSync(join(kernel.root, "song.flac"), "x");
  ask(OP.release, INO.song, words(handle, 0, 0, 0, 0, 0), SONG_REVISION);
  assert.equal(ask(OP.open, INO.song, words(0, 0), 2).errno, ERRNO.ESTALE);
  assert.equal(ask(OP.getattr, INO.song, words(0, 0, 0, 0), 2).errno, ERRNO.ESTALE);
});

for (const plus of [false, true]) {
  for (const size of [512, 1024, 4096, 65536]) {
    test(`READDIR${plus ? "PLUS" : ""} in pages of ${size} bytes gives each entry once`, () => {
      const names = listFolder(plus, size);
      assert.deepEqual(names, [".", "..", ...FOLDER_NAMES]);
    });
  }
}

function listFolder(plus: boolean, size: number): string[] {
  const names: string[] = [];
  let offset = 0n;
  for (;;) {
    const args = words(0, 0, Number(offset), 0, size, 0, 0, 0, 0, 0);
    const { errno, data } = ask(plus ? OP.readdirplus : OP.readdir, INO.folder, args);
    assert.equal(errno, 0);
    assert.ok(data.length <= size);
    if (data.length === 0) return names;
    for (let at = 0; at < data.length; ) {
      const dirent = plus ? at + 128 : at;
      const nameBytes = data.readUInt32LE(dirent + 16);
      const name = data.toString("utf8", dirent + 24, dirent + 24 + nameBytes);
      const isSelf = name === "." || name === "..";
      if (plus) assert.equal(data.readBigUInt64LE(at), isSelf ? 0n : data.readBigUInt64LE(dirent));
      offset = data.readBigUInt64LE(dirent + 8);
      names.push(name);
      at = dirent + ((24 + nameBytes + 7) & ~7);
    }
  }
}

test("OPEN, READ and RELEASE give a local file's bytes at any offset", () => {
  const { errno, data } = openSong();
  assert.equal(errno, 0);
  assert.equal(data.readUInt32LE(8), FOPEN.keepCache);
  const handle = data.readUInt32LE(0);
  for (const [offset, size] of [
    [0, 4096],
    [5, 3],
    [SONG.length - 1, 100],
    [SONG.length, 100],
    [SONG.length + 5000, 1],
  ] as const) {
    assert.deepEqual(readSong(handle, offset, size).data, SONG.subarray(offset, offset + size));
  }
  assert.equal(ask(OP.release, INO.song, words(handle, 0, 0, 0, 0, 0), SONG_REVISION).errno, 0);
});

test("READ of a file that was cut or changed under an open handle is EIO, and never other bytes", () => {
  const path = join(kernel.root, "song.flac");
  const handle = openSong().data.readUInt32LE(0);
  chmodSync(path, 0o600);
  assert.deepEqual(readSong(handle, 0, 4096).data, SONG, "a chmod changes nothing");
  writeFileSync(path, Buffer.alloc(SONG.length, 1));
  assert.equal(readSong(handle, 0, 4096).errno, ERRNO.EIO);
  truncateSync(path, 3);
  assert.equal(readSong(handle, 0, 4096).errno, ERRNO.EIO);
});

test("READ with a handle that nobody was given is EBADF", () => {
  assert.equal(readSong(77, 0, 1).errno, ERRNO.EBADF);
});

test("OPEN of a changed file is handed over, and leaves nothing open", () => {
  writeFileSync(join(kernel.root, "song.flac"), "changed");
  assert.equal(kernel.ask(OP.open, INO.song, words(0, 0), SONG_REVISION), undefined);
  assert.deepEqual(
    kernel.posted.map(({ kind }) => kind),
    ["open"],
  );
});

test("READ of what is not on this disk is handed over, cut to the file's size", () => {
  const handle = ask(OP.open, INO.remote, words(0, 0)).data.readUInt32LE(0);
  const low = 5_000_000_000 - 100 - 2 ** 32;
  assert.equal(kernel.ask(OP.read, INO.remote, words(handle, 0, low, 1, 4096, 0, 0, 0, 0, 0)), undefined);
  const [message] = kernel.posted;
  assert.ok(message?.kind === "read");
  assert.deepEqual(
    [message.ino, message.revision, message.offsetBytes, message.lengthBytes],
    [INO.remote, 0, 5_000_000_000 - 100, 100],
  );
});

test("every request that would write is EROFS, also an OPEN for writing", () => {
  for (const opcode of WRITING_OPS) {
    assert.equal(ask(opcode, INO.song, new Uint8Array(120)).errno, ERRNO.EROFS, String(opcode));
  }
  for (const flags of [1, 2, 0o1000]) {
    assert.equal(ask(OP.open, INO.song, words(flags, 0), SONG_REVISION).errno, ERRNO.EROFS);
  }
});

test("what the kernel can do without is ENOSYS", () => {
  for (const opcode of [
    OP.flush,
    OP.access,
    OP.opendir,
    OP.releasedir,
    OP.getxattr,
    OP.poll,
    OP.lseek,
    4095,
  ]) {
    assert.equal(ask(opcode, INO.root, new Uint8Array(40)).errno, SYSTEM_ERRNO.ENOSYS, String(opcode));
  }
});

test("FORGET has no answer, and a directory cannot be opened as a file", () => {
  assert.equal(kernel.ask(OP.forget, INO.song, words(1, 0)), undefined);
  assert.equal(ask(OP.open, INO.folder, words(0, 0)).errno, ERRNO.EISDIR);
});
