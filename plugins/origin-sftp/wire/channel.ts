import type { Duplex } from "node:stream";
import { OriginError } from "musicfs";
import { encodeRequest, Fields, malformed } from "./fields.js";
import { Packets } from "./packets.js";
import type { Pieces } from "./pieces.js";
import {
  ANSWER,
  EXTENSION,
  MAX_PACKET_BYTES,
  REQUEST,
  SFTP_VERSION,
  STATUS,
  SURE_READ_BYTES,
} from "./protocol.js";

/** An answer that is no error. */
export interface Answer {
  readonly type: number;
  /** What it says; nothing where it is {@link data}. */
  readonly fields: Fields;
  /** The bytes of a file, as they came. */
  readonly data?: FileBytes;
}

/** Bytes of a file in an answer. */
export interface FileBytes {
  readonly length: number;
  /** Copies them to where there is room for them. */
  copy(target: Buffer, at: number): void;
}

/** A server said no to one request; the session goes on. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

type RequestFields = readonly (number | bigint | Buffer | string)[];

/** A larger READ would let an answer last longer, and so what waits behind it. */
const PREFERRED_READ_BYTES = 128 * 1024;
/** Of an answer: its type and what it answers. */
const HEAD_BYTES = 5;
const LENGTH_BYTES = 4;
const NO_FIELDS = new Fields(Buffer.alloc(0));
/** Characters that are shown of what a server says. */
const MAX_MESSAGE = 200;

/**
 * Requests and answers of SFTP over a stream. Any number of requests may be under way: whoever waits for a round trip
 * each time reads a hundred times slower.
 *
 * While something is asked for, an answer must become whole every `idleMs`; otherwise, as after anything that is no
 * answer, the channel is broken, and with it everything that waits.
 */
export class SftpChannel {
  readonly #stream: Duplex;
  readonly #idleMs: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #packets = new Packets();
  readonly #extensions = new Set<string>();
  /** Requests that go out together at the end of this turn. */
  #unsent: Buffer[] = [];
  #lastId = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #progressMs = 0;
  #failure: Error | undefined;
  #onBroken = (_error: Error): void => undefined;
  #version: Waiting | undefined;
  #maxReadBytes = SURE_READ_BYTES;

  private constructor(stream: Duplex, idleMs: number) {
    this.#stream = stream;
    this.#idleMs = idleMs;
    stream.on("data", (piece: Buffer) => this.#take(piece));
    stream.on("error", (error: Error) => this.break(unavailable(error.message)));
    stream.on("close", () => this.break(unavailable("it closed the connection")));
    stream.on("end", () => this.break(unavailable("it ended the connection")));
  }

  /** Agrees on the version with the server. @throws OriginError */
  static async open(stream: Duplex, idleMs: number): Promise<SftpChannel> {
    const channel = new SftpChannel(stream, idleMs);
    const { fields } = await new Promise<Answer>((resolve, reject) => {
      channel.#version = { resolve, reject };
      channel.#send(encodeRequest(REQUEST.init, SFTP_VERSION, []));
    });
    while (!fields.isAtEnd) {
      const name = fields.bytes().toString();
      fields.bytes();
      channel.#extensions.add(name);
    }
    await channel.#askLimits();
    return channel;
  }

  /** Most bytes of one READ. */
  get maxReadBytes(): number {
    return this.#maxReadBytes;
  }

  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /** Requests that are not answered yet. */
  get pending(): number {
    return this.#waiting.size;
  }

  hasExtension(name: string): boolean {
    return this.#extensions.has(name);
  }

  /** Is called once, when nothing can be asked any more. */
  onBroken(listener: (error: Error) => void): void {
    this.#onBroken = listener;
  }

  /**
   * Sends a request in this turn, after those that were sent before; a server does what concerns one file in that order.
   *
   * @throws StatusError when the server says no; OriginError when it can't be asked.
   */
  request(type: number, ...fields: RequestFields): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(encodeRequest(type, id, fields));
    });
  }

  break(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    clearTimeout(this.#idleTimer);
    this.#stream.destroy();
    for (const { reject } of [this.#version, ...this.#waiting.values()].filter((one) => one !== undefined)) {
      reject(error);
    }
    this.#waiting.clear();
    this.#onBroken(error);
  }

  async #askLimits(): Promise<void> {
    if (!this.hasExtension(EXTENSION.limits)) return;
    const { fields } = await this.request(REQUEST.extended, EXTENSION.limits);
    fields.uint64();
    const maxRead = fields.uint64();
    const sensible = Math.min(maxRead, PREFERRED_READ_BYTES, MAX_PACKET_BYTES - 1024);
    if (maxRead > 0) this.#maxReadBytes = Math.max(1, sensible);
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#waiting.has(this.#lastId));
    return this.#lastId;
  }

  #send(packet: Buffer): void {
    if (this.#idleTimer === undefined) {
      this.#progressMs = performance.now();
      this.#watch(this.#idleMs);
    }
    if (this.#unsent.push(packet) === 1) process.nextTick(() => this.#flush());
  }

  // Each write costs both sides a packet that is encrypted and signed, and the system a call.
  #flush(): void {
    const packets = this.#unsent;
    this.#unsent = [];
    if (!this.#failure) this.#stream.write(packets.length === 1 ? packets[0] : Buffer.concat(packets));
  }

  // One timer for all, which looks whether something came since.
  #watch(afterMs: number): void {
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = undefined;
      if (this.#waiting.size === 0 && this.#version === undefined) return;
      const leftMs = this.#progressMs + this.#idleMs - performance.now();
      if (leftMs > 0) this.#watch(leftMs);
      else this.break(unavailable(`it gave no answer for ${this.#idleMs / 1000} s`));
    }, afterMs);
    this.#idleTimer.unref();
  }

  #take(piece: Buffer): void {
    try {
      for (const packet of this.#packets.take(piece)) this.#answered(packet);
    } catch (error) {
      this.break(error as Error);
    }
  }

  #answered(packet: Pieces): void {
    this.#progressMs = performance.now();
    const head = new Fields(packet.slice(0, Math.min(packet.length, HEAD_BYTES)));
    const type = head.raw(1)[0] as number;
    const id = head.uint32();
    const data = type === ANSWER.data ? fileBytesIn(packet) : undefined;
    const fields = data ? NO_FIELDS : new Fields(packet.slice(HEAD_BYTES));
    if (this.#version) {
      this.#versionCame(type, id, fields);
      return;
    }
    const waiting = this.#waiting.get(id);
    if (!waiting) throw malformed("it answers what was not asked");
    // Read before it is taken off the list: if that fails, it is told with all others.
    const problem = type === ANSWER.status ? problemIn(fields) : undefined;
    this.#waiting.delete(id);
    if (problem) waiting.reject(problem);
    else waiting.resolve(data ? { type, fields, data } : { type, fields });
  }

  #versionCame(type: number, version: number, fields: Fields): void {
    if (type !== ANSWER.version) throw malformed("it says no version");
    if (version !== SFTP_VERSION)
      throw malformed(`it speaks version ${version} when asked for ${SFTP_VERSION}`);
    const waiting = this.#version;
    this.#version = undefined;
    waiting?.resolve({ type, fields });
  }
}

// Where the bytes of a file lie in an answer; as many as it says it holds, or it makes no sense.
function fileBytesIn(packet: Pieces): FileBytes {
  const start = HEAD_BYTES + LENGTH_BYTES;
  const length = new Fields(
    packet.slice(HEAD_BYTES, Math.min(LENGTH_BYTES, packet.length - HEAD_BYTES)),
  ).uint32();
  if (start + length !== packet.length) throw malformed("it holds another number of bytes than it says");
  return { length, copy: (target, at) => packet.copy(start, target, at) };
}

function problemIn(fields: Fields): StatusError | undefined {
  const status = fields.uint32();
  const message = fields.isAtEnd ? "" : fields.bytes().toString("utf8").slice(0, MAX_MESSAGE);
  return status === STATUS.ok ? undefined : new StatusError(status, message);
}

function unavailable(why: string): OriginError {
  return new OriginError("unavailable", `the SFTP server can't be read: ${why}`);
}
