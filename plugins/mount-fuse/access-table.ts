/** Opens that a worker can watch at a time; of more, nothing is known. */
export const ACCESSES_PER_WORKER = 1024;
/** Who closes a file sooner only looked at it: of those nothing is told. */
export const BRIEF_MS = 1_000;
/** Places that are looked at for a free one. */
const TRIES = 8;
/** Opens are counted by the thread that made them, modulo this. */
const OPENERS = 4096;

const STATE = { free: 0, open: 1, ended: 2 } as const;
const WORDS = 8;
const WORD = { state: 0, low: 1, high: 2, pid: 3, opensBefore: 4, opens: 5 } as const;
const NUMBERS = 3;
const NUMBER = { openedMs: 0, endedMs: 1, copiedBytes: 2 } as const;

/** What is known of one opening of a file. */
export interface Access {
  /** Number of its place; from 1. */
  readonly number: number;
  /** Its node id, in two words. */
  readonly low: number;
  readonly high: number;
  /** The thread that opened it; 0: one that this process cannot see. */
  readonly pid: number;
  readonly openedMs: number;
  /** `undefined` while it is open. */
  readonly endedMs: number | undefined;
  readonly copiedBytes: number;
  /** Files that the same thread opened while it held this one. */
  readonly otherOpens: number;
}

/** The memory behind an {@link AccessTable}, to be handed to every worker. */
export function createAccessMemory(workers: number): SharedArrayBuffer {
  const places = workers * ACCESSES_PER_WORKER;
  return new SharedArrayBuffer(places * (NUMBERS * 8 + WORDS * 4) + OPENERS * 4);
}

/**
 * Who has which file open, in memory that all workers share. On the way of an OPEN it costs a few stores: a worker
 * takes places of its own only, so nobody is waited for; what was closed after a moment is free again at once, so
 * that a program which looks at every file leaves no trace. The rest is read by the main thread once a second.
 */
export class AccessTable {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #opens: Uint32Array;
  readonly #places: number;
  readonly #nowMs: () => number;
  readonly #first: number;
  #next = 0;

  /** @param worker from 1; whoever only reads gives any. */
  constructor(memory: SharedArrayBuffer, worker: number, nowMs: () => number) {
    const places = (memory.byteLength - OPENERS * 4) / (NUMBERS * 8 + WORDS * 4);
    this.#places = places;
    this.#numbers = new Float64Array(memory, 0, places * NUMBERS);
    this.#words = new Int32Array(memory, places * NUMBERS * 8, places * WORDS);
    this.#opens = new Uint32Array(memory, places * (NUMBERS * 8 + WORDS * 4), OPENERS);
    this.#first = (worker - 1) * ACCESSES_PER_WORKER;
    this.#nowMs = nowMs;
  }

  /** Notes an OPEN. @returns the number of its place, or 0 when it is not watched. */
  begin(low: number, high: number, pid: number): number {
    const opener = pid & (OPENERS - 1);
    const opens = (this.#opens[opener] as number) + 1;
    this.#opens[opener] = opens;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const place = this.#first + this.#next;
      this.#next = (this.#next + 1) % ACCESSES_PER_WORKER;
      const at = place * WORDS;
      if (Atomics.load(this.#words, at) !== STATE.free) continue;
      this.#words[at + WORD.low] = low;
      this.#words[at + WORD.high] = high;
      this.#words[at + WORD.pid] = pid;
      this.#words[at + WORD.opensBefore] = opens;
      this.#numbers[place * NUMBERS + NUMBER.openedMs] = this.#nowMs();
      this.#numbers[place * NUMBERS + NUMBER.copiedBytes] = 0;
      Atomics.store(this.#words, at, STATE.open);
      return place + 1;
    }
    return 0;
  }

  /** Notes that bytes of an open file were copied to its reader. */
  copied(number: number, bytes: number): void {
    if (!this.#isOpen(number)) return;
    const at = (number - 1) * NUMBERS + NUMBER.copiedBytes;
    this.#numbers[at] = (this.#numbers[at] as number) + bytes;
  }

  /** Notes the RELEASE. What was held for a moment only is forgotten. */
  end(number: number): void {
    if (!this.#isOpen(number)) return;
    const place = number - 1;
    const at = place * WORDS;
    const nowMs = this.#nowMs();
    if (nowMs - (this.#numbers[place * NUMBERS + NUMBER.openedMs] as number) < BRIEF_MS) {
      Atomics.store(this.#words, at, STATE.free);
      return;
    }
    this.#numbers[place * NUMBERS + NUMBER.endedMs] = nowMs;
    this.#words[at + WORD.opens] = this.#opens[
      (this.#words[at + WORD.pid] as number) & (OPENERS - 1)
    ] as number;
    Atomics.store(this.#words, at, STATE.ended);
  }

  /** Every access that is open, or has ended and was not {@link forget forgotten}. For the main thread. */
  *held(): Generator<Access> {
    for (let place = 0; place < this.#places; place += 1) {
      const state = Atomics.load(this.#words, place * WORDS);
      if (state !== STATE.free) yield this.#read(place, state === STATE.ended);
    }
  }

  /** Gives the place of an access that has ended to others. */
  forget(number: number): void {
    Atomics.store(this.#words, (number - 1) * WORDS, STATE.free);
  }

  #read(place: number, hasEnded: boolean): Access {
    const at = place * WORDS;
    const word = (index: number): number => this.#words[at + index] as number;
    const number = (index: number): number => this.#numbers[place * NUMBERS + index] as number;
    const pid = word(WORD.pid);
    const opens = hasEnded ? word(WORD.opens) : (this.#opens[pid & (OPENERS - 1)] as number);
    return {
      number: place + 1,
      low: word(WORD.low) >>> 0,
      high: word(WORD.high) >>> 0,
      pid,
      openedMs: number(NUMBER.openedMs),
      endedMs: hasEnded ? number(NUMBER.endedMs) : undefined,
      copiedBytes: number(NUMBER.copiedBytes),
      otherOpens: (opens - word(WORD.opensBefore)) >>> 0,
    };
  }

  // A number comes back from the kernel as it was given, so this only guards against a kernel that errs.
  #isOpen(number: number): boolean {
    return number > 0 && number <= this.#places && this.#words[(number - 1) * WORDS] === STATE.open;
  }
}
