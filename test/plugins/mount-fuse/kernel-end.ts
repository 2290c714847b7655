import { closeSync, mkdtempSync, readSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openVfs } from "musicfs/vfs";
import { migrate } from "#core/catalogue/schema.js";
import { AccessTable, createAccessMemory } from "../../../plugins/mount-fuse/access-table.js";
import { Channel } from "../../../plugins/mount-fuse/channel.js";
import { Copier } from "../../../plugins/mount-fuse/copier.js";
import { Directories } from "../../../plugins/mount-fuse/directories.js";
import { Files } from "../../../plugins/mount-fuse/files.js";
import { LATENCY_NUMBERS } from "../../../plugins/mount-fuse/latency.js";
import { Leadership } from "../../../plugins/mount-fuse/leadership.js";
import type { WorkerMessage } from "../../../plugins/mount-fuse/messages.js";
import { createOpenTableMemory, OpenTable } from "../../../plugins/mount-fuse/open-table.js";
import { Passthrough } from "../../../plugins/mount-fuse/passthrough.js";
import { Server } from "../../../plugins/mount-fuse/server.js";
import { CONTROL, COUNTER } from "../../../plugins/mount-fuse/shared-state.js";
import { StatBuffer } from "../../../plugins/mount-fuse/stat-buffer.js";
import { loadSyscalls } from "../../../plugins/mount-fuse/syscalls.js";

/** What came back: the errno of the header, and the data after it. */
export interface Answer {
  readonly errno: number;
  readonly data: Buffer;
}

export interface KernelEnd {
  readonly root: string;
  readonly posted: readonly WorkerMessage[];
  readonly db: Database.Database;
  /** Sends a request and takes its answer; `undefined` when there was none. */
  ask(opcode: number, ino: number, args?: Uint8Array, revision?: number): Answer | undefined;
  close(): void;
}

const UNIQUE = 0x1122334455667788n;
const FILE_COUNT = 100;

/** Inode numbers of the tree that {@link openKernelEnd} makes. */
export const INO = { root: 1, folder: 2, song: 3, remote: 4, link: 5, late: 6, firstOfFolder: 10 } as const;
export const SONG = Buffer.from("the bytes of a song");
export const TARGET = "folder/../sóng.flac";
export const FOLDER_NAMES = Array.from({ length: FILE_COUNT }, (_, at) =>
  at % 3 === 0 ? `${at} ${"ü".repeat(at)}` : `track ${at}`,
);

/**
 * The server of a FUSE worker with a socket in place of `/dev/fuse`, so that a test can be the kernel; over
 * a catalogue with a local file `song.flac`, a file of an origin that is elsewhere, and a large folder.
 */
export function openKernelEnd(): KernelEnd {
  const root = mkdtempSync(join(tmpdir(), "musicfs-fuse-"));
  const cataloguePath = join(root, "catalogue.db");
  const db = fillCatalogue(cataloguePath, root);
  const vfs = openVfs({
    cataloguePath,
    origins: [{ number: 1, local: { root, followSymlinks: false } }, { number: 2 }],
    lateDirectories: [INO.late],
  });
  const syscalls = loadSyscalls();
  const pair = syscalls.socketpair();
  if (typeof pair === "number") throw new Error(`socketpair: ${pair}`);
  const [kernelFd, workerFd] = pair;
  const channel = new Channel(syscalls, workerFd);
  const posted: WorkerMessage[] = [];
  const post = (message: WorkerMessage) => {
    posted.push(message);
  };
  const table = new OpenTable(createOpenTableMemory(1024), 1);
  const accesses = new AccessTable(createAccessMemory(1), 1, () => performance.now());
  const counters = new Float64Array(COUNTER.count);
  const control = new Int32Array(new SharedArrayBuffer(CONTROL.count * 4));
  const leadership = new Leadership(control, 1);
  const passthrough = new Passthrough(syscalls, workerFd, control, counters);
  const ownership = { uid: 1000, gid: 1001, umask: 0o027 };
  const stat = new StatBuffer(syscalls);
  const server = new Server({
    channel,
    control,
    latencies: new Float64Array(LATENCY_NUMBERS),
    vfs,
    directories: new Directories({ channel, vfs, ownership, leadership }),
    files: new Files({
      channel,
      syscalls,
      vfs,
      leadership,
      copier: new Copier(channel, syscalls, leadership),
      cached: undefined,
      table,
      accesses,
      passthrough,
      stat,
      counters,
      mayBeDirect: () => false,
      fdBudget: 0,
      post,
    }),
    table,
    ownership,
    counters,
    wantsPassthrough: true,
    agreed: () => undefined,
    post,
  });
  syscalls.setNonBlocking(kernelFd);

  return {
    root,
    posted,
    db,
    ask(opcode, ino, args = new Uint8Array(0), revision = 0) {
      writeSync(kernelFd, requestOf(opcode, ino, revision, args));
      server.answer(channel.receive());
      return readAnswer(kernelFd);
    },
    close() {
      for (const { fd } of table.drain()) if (fd >= 0) closeSync(fd);
      closeSync(kernelFd);
      closeSync(workerFd);
      vfs.close();
      db.close();
      rmSync(root, { recursive: true });
    },
  };
}

/** 32-bit words as the kernel sends them. */
export function words(...values: number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}

/** A name as the kernel sends it. */
export function nameArgument(name: string | Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(name as string), Buffer.of(0)]);
}

function requestOf(opcode: number, ino: number, revision: number, args: Uint8Array): Buffer {
  const request = Buffer.alloc(40 + args.length);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt32LE(opcode, 4);
  request.writeBigUInt64LE(UNIQUE, 8);
  request.writeBigUInt64LE(BigInt(ino) + BigInt(revision) * 2n ** 37n, 16);
  request.set(args, 40);
  return request;
}

function readAnswer(fd: number): Answer | undefined {
  const buffer = Buffer.alloc(1 << 21);
  let length: number;
  try {
    length = readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
    throw error;
  }
  if (buffer.readUInt32LE(0) !== length) throw new Error("the header's length is not the answer's");
  if (buffer.readBigUInt64LE(8) !== UNIQUE) throw new Error("the answer is another request's");
  return { errno: Math.abs(buffer.readInt32LE(4)), data: buffer.subarray(16, length) };
}

function fillCatalogue(path: string, root: string): Database.Database {
  const song = join(root, "song.flac");
  writeFileSync(song, SONG);
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  migrate(db, path);
  db.exec("INSERT INTO origins (number, id) VALUES (1, 'here'), (2, 'elsewhere')");
  const file = db.prepare(
    "INSERT INTO files (id, origin, path, size, mtime_ms, state, ino) VALUES (?, ?, ?, ?, ?, 1, ?)",
  );
  const node = db.prepare(
    "INSERT INTO nodes (ino, kind, size, mtime_ms, revision, file) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const name = db.prepare("INSERT INTO names (parent, name, ino, collided) VALUES (?, ?, ?, 0)");
  const { size, mtimeMs } = statSync(song);
  file.run(1, 1, "song.flac", size, mtimeMs, INO.song);
  file.run(2, 2, "far.flac", 5_000_000_000, 1000, INO.remote);
  node.run(INO.root, 0, 0, 1500, 0, null);
  node.run(INO.folder, 0, 0, -1500.5, 0, null);
  node.run(INO.song, 1, size, mtimeMs, 3, 1);
  node.run(INO.remote, 1, 5_000_000_000, 1000, 0, 2);
  node.run(INO.link, 2, Buffer.byteLength(TARGET), 1000, 0, null);
  db.prepare("INSERT INTO links (ino, target) VALUES (?, ?)").run(INO.link, TARGET);
  node.run(INO.late, 0, 0, 1000, 0, null);
  name.run(INO.root, "link", INO.link);
  name.run(INO.late, "made", INO.folder);
  name.run(INO.root, "folder", INO.folder);
  name.run(INO.root, "sóng.flac", INO.song);
  name.run(INO.root, "far.flac", INO.remote);
  FOLDER_NAMES.forEach((each, at) => {
    node.run(INO.firstOfFolder + at, 1, at, 1000, 0, 2);
    name.run(INO.folder, each, INO.firstOfFolder + at);
  });
  return db;
}
