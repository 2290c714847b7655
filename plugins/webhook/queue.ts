import { type FileHandle, open, rename } from "node:fs/promises";
import { formatDone, formatHeader, type QueueState, readQueueFile } from "./queue-file.js";

export interface QueueLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** The event whose turn it is. */
export interface NextEvent {
  readonly sequence: number;
  /** Unique among all events of all queues, and the same at each attempt. */
  readonly id: string;
  readonly body: string;
}

interface Entry {
  readonly sequence: number;
  readonly lengthBytes: number;
  /** Where it lies in the file; below 0 until it is there. */
  offsetBytes: number;
}

interface Line {
  readonly text: string;
  readonly entry?: Entry;
}

/** Below this nothing is gained by making the file smaller, in bytes. */
const COMPACT_BYTES = 256 * 1024;

/**
 * Events in their order, in a file: what was pushed is still there after a crash. Above its limits the oldest
 * events go; their numbers are then missing at the receiver's.
 */
export class EventQueue {
  /** Lines of the file that could not be read when it was opened. */
  readonly damagedLines: number;
  readonly #path: string;
  readonly #limits: QueueLimits;
  readonly #name: string;
  readonly #entries: Entry[];
  #file: FileHandle;
  #sequence: number;
  #queuedBytes: number;
  #sizeBytes: number;
  #lost = 0;
  #pending: Line[] = [];
  #flush: Promise<void> | undefined;
  #work: Promise<unknown> = Promise.resolve();

  /** @throws as the file system does. */
  static async open(path: string, limits: QueueLimits): Promise<EventQueue> {
    const state = await readQueueFile(path);
    const file = await open(path, "a+", 0o600);
    await file.truncate(state.sizeBytes);
    const queue = new EventQueue(path, limits, file, state);
    if (state.sizeBytes === 0) await queue.#append({ text: formatHeader(state.queue, state.sequence) });
    return queue;
  }

  private constructor(path: string, limits: QueueLimits, file: FileHandle, state: QueueState) {
    this.#path = path;
    this.#limits = limits;
    this.#file = file;
    this.#name = state.queue;
    this.#sequence = state.sequence;
    this.#entries = state.events.map((event) => ({ ...event }));
    this.#queuedBytes = state.events.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    this.#sizeBytes = state.sizeBytes;
    this.damagedLines = state.damagedLines;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Events that went because there was no room. */
  get lost(): number {
    return this.#lost;
  }

  /** Adds an event; resolves when it is on the disk. `bodyOf` is given the event's number. */
  push(bodyOf: (sequence: number) => string): Promise<void> {
    this.#sequence += 1;
    const text = bodyOf(this.#sequence);
    const entry = { sequence: this.#sequence, lengthBytes: Buffer.byteLength(text), offsetBytes: -1 };
    this.#makeRoom(entry.lengthBytes);
    this.#entries.push(entry);
    this.#queuedBytes += entry.lengthBytes;
    return this.#append({ text, entry });
  }

  /** The oldest event. */
  async next(): Promise<NextEvent | undefined> {
    await this.#flush;
    return this.#exclusively(async () => {
      const entry = this.#entries[0];
      if (!entry || entry.offsetBytes < 0) return undefined;
      const body = (await readEntry(this.#file, entry)).toString("utf8");
      return { sequence: entry.sequence, id: `${this.#name}-${entry.sequence}`, body };
    });
  }

  /** The event with this number, and all before it, are wanted no more. */
  async done(sequence: number): Promise<void> {
    const count = this.#entries.findIndex((entry) => entry.sequence > sequence);
    this.#remove(count < 0 ? this.#entries.length : count);
    await this.#append({ text: formatDone(sequence) });
    await this.#exclusively(() => this.#compact());
  }

  async close(): Promise<void> {
    await this.#flush;
    await this.#exclusively(() => this.#file.close());
  }

  #makeRoom(lengthBytes: number): void {
    const { maxEvents, maxBytes } = this.#limits;
    let count = 0;
    let queuedBytes = this.#queuedBytes + lengthBytes;
    while (count < this.size && (this.size - count >= maxEvents || queuedBytes > maxBytes)) {
      queuedBytes -= (this.#entries[count] as Entry).lengthBytes;
      count += 1;
    }
    if (count === 0) return;
    this.#lost += count;
    const { sequence } = this.#entries[count - 1] as Entry;
    this.#remove(count);
    this.#append({ text: formatDone(sequence) }).then(
      () => this.#exclusively(() => this.#compact()),
      () => undefined,
    );
  }

  #remove(count: number): void {
    for (const { lengthBytes } of this.#entries.splice(0, count)) this.#queuedBytes -= lengthBytes;
  }

  // Lines that come while the disk is busy are written, and flushed, together.
  #append(line: Line): Promise<void> {
    this.#pending.push(line);
    this.#flush ??= this.#exclusively(async () => {
      this.#flush = undefined;
      const lines = this.#pending;
      this.#pending = [];
      await this.#write(lines).catch((error) => this.#giveUp(lines, error));
      await this.#file.datasync();
    });
    return this.#flush;
  }

  // A full disk: what half of a line there is goes, and with it the events that have no place.
  async #giveUp(lines: readonly Line[], error: unknown): Promise<never> {
    for (const { entry } of lines) {
      const index = entry ? this.#entries.indexOf(entry) : -1;
      if (index >= 0) this.#queuedBytes -= this.#entries.splice(index, 1)[0]?.lengthBytes ?? 0;
    }
    await this.#file.truncate(this.#sizeBytes);
    throw error;
  }

  async #write(lines: readonly Line[]): Promise<void> {
    const data = Buffer.from(lines.map(({ text }) => `${text}\n`).join(""));
    await this.#file.appendFile(data);
    let offsetBytes = this.#sizeBytes;
    for (const { text, entry } of lines) {
      if (entry) entry.offsetBytes = offsetBytes;
      offsetBytes += Buffer.byteLength(text) + 1;
    }
    this.#sizeBytes += data.length;
  }

  // Writes what is still wanted to a new file, when that is less than half of this one.
  async #compact(): Promise<void> {
    if (this.#sizeBytes < COMPACT_BYTES || this.#queuedBytes * 2 > this.#sizeBytes) return;
    const written = this.#entries.filter(({ offsetBytes }) => offsetBytes >= 0);
    const temporary = `${this.#path}.new`;
    const file = await open(temporary, "w+", 0o600);
    const header = Buffer.from(
      `${formatHeader(this.#name, (written[0]?.sequence ?? this.#sequence + 1) - 1)}\n`,
    );
    await file.appendFile(header);
    let offsetBytes = header.length;
    const offsets: number[] = [];
    for (const entry of written) {
      await file.appendFile(Buffer.concat([await readEntry(this.#file, entry), Buffer.from("\n")]));
      offsets.push(offsetBytes);
      offsetBytes += entry.lengthBytes + 1;
    }
    await file.sync();
    await rename(temporary, this.#path);
    await this.#file.close();
    this.#file = file;
    this.#sizeBytes = offsetBytes;
    written.forEach((entry, index) => {
      entry.offsetBytes = offsets[index] as number;
    });
  }

  #exclusively<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#work.then(run);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

async function readEntry(file: FileHandle, { offsetBytes, lengthBytes }: Entry): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(lengthBytes), position: offsetBytes });
  if (bytesRead < lengthBytes) throw new Error("the queue's file is shorter than it was");
  return buffer;
}
