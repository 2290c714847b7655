import { pathFromBytes } from "musicfs";
import { requireType, type Session } from "./session.js";
import { StatusError } from "./wire/channel.js";
import type { Attributes, Fields } from "./wire/fields.js";
import { ANSWER, REQUEST, STATUS } from "./wire/protocol.js";

/** A name in a folder, with what its server tells of it. */
export interface FolderEntry {
  readonly name: string;
  readonly attributes: Attributes;
}

/** An answer holds a hundred names with OpenSSH; so many are asked for at once, the more the longer the folder. */
const FIRST_REQUESTS = 2;
const MAX_REQUESTS = 16;
/** A server that never comes to an end of a folder is given up after so many names. */
const MAX_ENTRIES = 2_000_000;
/** Longest name that is taken, in bytes; no filesystem has longer ones. */
const MAX_NAME_BYTES = 1024;

/** Lists one folder of a server page by page, several requests ahead. */
export class FolderCursor {
  readonly path: string;
  readonly #session: Session;
  #handle: Buffer | undefined;
  #requests = FIRST_REQUESTS;
  #entries = 0;

  constructor(session: Session, path: string) {
    this.#session = session;
    this.path = path;
  }

  /**
   * The next names; `undefined` after the last.
   *
   * @throws StatusError when the folder can't be listed; OriginError when nothing can.
   */
  async next(): Promise<FolderEntry[] | undefined> {
    const { channel } = this.#session;
    if (this.#requests === 0) return undefined;
    const handle = this.#handle ?? (await this.#open());
    this.#handle = handle;
    const answers = await Promise.allSettled(
      Array.from({ length: this.#requests }, () => channel.request(REQUEST.readdir, handle)),
    );
    this.#requests = Math.min(MAX_REQUESTS, 2 * this.#requests);
    const entries: FolderEntry[] = [];
    for (const answer of answers) {
      if (answer.status === "fulfilled") {
        requireType(answer.value.type, ANSWER.name);
        addEntries(answer.value.fields, entries);
      } else if (isEnd(answer.reason)) this.#requests = 0;
      else throw answer.reason;
    }
    this.#entries += entries.length;
    if (this.#entries > MAX_ENTRIES) throw new StatusError(STATUS.failure, "it has too many names");
    if (this.#requests === 0) this.close();
    return entries;
  }

  close(): void {
    if (this.#handle) this.#session.channel.request(REQUEST.close, this.#handle).catch(() => undefined);
    this.#handle = undefined;
    this.#requests = 0;
  }

  async #open(): Promise<Buffer> {
    const { type, fields } = await this.#session.channel.request(
      REQUEST.opendir,
      this.#session.locate(this.path),
    );
    requireType(type, ANSWER.handle);
    return Buffer.from(fields.bytes());
  }
}

function addEntries(fields: Fields, entries: FolderEntry[]): void {
  for (let left = fields.uint32(); left > 0; left--) {
    const name = fields.bytes();
    fields.bytes();
    const attributes = fields.attributes();
    if (isName(name)) entries.push({ name: pathFromBytes(name), attributes });
  }
}

// What would lead elsewhere as a segment of a path is no name, whatever the server says.
function isName(name: Buffer): boolean {
  if (name.length === 0 || name.length > MAX_NAME_BYTES) return false;
  if (name.includes(0x2f) || name.includes(0)) return false;
  return !(name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e)));
}

function isEnd(error: unknown): boolean {
  return error instanceof StatusError && error.status === STATUS.endOfFile;
}
