import { OriginError, pathToBytes } from "musicfs";
import { type Connection, connectSftp, type Server } from "./connect.js";
import { originErrorOf } from "./errors.js";
import { OpenFiles } from "./open-files.js";
import { SftpChannel } from "./wire/channel.js";
import { ANSWER, REQUEST } from "./wire/protocol.js";

export interface SessionOptions extends Server {
  /** Folder on the server, absolute or relative to the user's home there. */
  readonly folder: string;
  readonly followSymlinks: boolean;
  /** Longest that the server may give no answer, in milliseconds. */
  readonly idleMs: number;
}

const LOAD_OF_USER = 4;

/** One connection to the server, and what was learnt over it. */
export class Session {
  readonly channel: SftpChannel;
  /** The origin's root on the server, without links in it, with no slash at its end. */
  readonly root: Buffer;
  readonly files: OpenFiles;
  readonly #connection: Connection;
  /** When it was last used, by `performance.now()`. */
  usedMs = performance.now();
  /** Users of it now. */
  users = 0;

  private constructor(connection: Connection, channel: SftpChannel, root: Buffer, followSymlinks: boolean) {
    this.#connection = connection;
    this.channel = channel;
    this.root = root;
    this.files = new OpenFiles(this, followSymlinks);
  }

  /** @throws OriginError */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const connection = await connectSftp(options, signal);
    try {
      const channel = await SftpChannel.open(connection.stream, options.idleMs);
      const root = await realPath(channel, Buffer.from(pathToBytes(options.folder)), options.folder);
      return new Session(connection, channel, withoutSlash(root), options.followSymlinks);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isOver(): boolean {
    return this.channel.isBroken;
  }

  /** How much there is to do on it: requests, and users, each of whom may have many more. */
  get load(): number {
    return this.channel.pending + LOAD_OF_USER * this.users;
  }

  /** Where a path of the origin is on the server. `""` is the root itself. */
  locate(path: string): Buffer {
    if (path === "") return this.root.length === 0 ? Buffer.from("/") : this.root;
    return Buffer.concat([this.root, Buffer.from("/"), Buffer.from(pathToBytes(path))]);
  }

  close(why: Error = new OriginError("unavailable", "the connection was closed")): void {
    this.channel.break(why);
    this.#connection.close();
  }
}

/** A path as the server knows it, without links. @throws StatusError, OriginError */
export async function resolveOn(channel: SftpChannel, path: Buffer): Promise<Buffer> {
  const { type, fields } = await channel.request(REQUEST.realpath, path);
  requireType(type, ANSWER.name);
  if (fields.uint32() !== 1) throw new OriginError("wrong", "the SFTP server resolves a path to several");
  return Buffer.from(fields.bytes());
}

/** @throws OriginError `wrong` when an answer is of another kind than was asked for. */
export function requireType(found: number, expected: number): void {
  if (found === expected) return;
  throw new OriginError("wrong", `the SFTP server answers with ${found} where ${expected} was asked for`);
}

async function realPath(channel: SftpChannel, folder: Buffer, name: string): Promise<Buffer> {
  const path = await resolveOn(channel, folder).catch((error: unknown) => {
    throw originErrorOf(error, name);
  });
  if (path[0] !== 0x2f) throw new OriginError("wrong", `the SFTP server says that '${name}' is '${path}'`);
  return path;
}

function withoutSlash(path: Buffer): Buffer {
  return path.at(-1) === 0x2f ? path.subarray(0, -1) : path;
}
