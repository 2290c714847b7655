import { createAlignedMemory } from "./aligned-memory.js";
import { BLOCK_BYTES } from "./block-set.js";
import { PIECE_MEMORY_BYTES, PieceKeeper, PieceMemory } from "./piece-memory.js";

/** Blobs that can be published at once, inodes that can stand for them, and words of bits for all of them. */
const SLOTS = 1 << 11;
const ENTRIES = 1 << 13;
const BUCKETS = 1 << 12;
const ARENA_WORDS = 1 << 21;

const SLOT_WORDS = 8;
const SLOT = { ticket: 0, fd: 1, whole: 2, flux: 3, bitsAt: 4, reads: 5, readKib: 6 } as const;
const SLOT_NUMBERS = 2;
const ENTRY_WORDS = 4;
const ENTRY = { next: 0, slot: 1, ticket: 2 } as const;
const NO_KEY = -1;
/** A walk that is longer has met the writer at work; it gives up. */
const MAX_STEPS = 64;
/** As a mount driver's node ids have it: revisions are 16 bits, inodes 37. */
const INO_LIMIT = 2 ** 37;

const BUCKETS_AT = 0;
const ENTRIES_AT = BUCKETS_AT + BUCKETS * 4;
const SLOTS_AT = ENTRIES_AT + ENTRIES * ENTRY_WORDS * 4;
const KEYS_AT = SLOTS_AT + SLOTS * SLOT_WORDS * 4;
const NUMBERS_AT = KEYS_AT + ENTRIES * 8;
const ARENA_AT = NUMBERS_AT + SLOTS * SLOT_NUMBERS * 8;
const PAGE_BYTES = 4096;
const PIECES_AT = Math.ceil((ARENA_AT + ARENA_WORDS * 4) / PAGE_BYTES) * PAGE_BYTES;
const MEMORY_BYTES = PIECES_AT + PIECE_MEMORY_BYTES;

/** Makes the memory behind a {@link BlobTable} and its pieces; it is only touched as far as it is used. */
export function createBlobTableMemory(): SharedArrayBuffer {
  return createAlignedMemory(MEMORY_BYTES);
}

/** Where a blob stands in the table, and the ticket that says that it is still this one. */
export interface BlobPlace {
  slot: number;
  ticket: number;
}

/**
 * The blobs that are open, in memory that all threads share: the main thread publishes them, and any thread
 * finds the blob of an inode, which of its blocks may be read, and the descriptor to read them from.
 *
 * Readers take no lock. Whoever reads asks in this order: {@link find}, {@link holds}, the read itself, and then
 * {@link isCurrent}. The writer retires a blob before it takes anything away from it, so bytes for which the ticket
 * is still good after the read are right. Tickets are never used twice.
 */
export class BlobTable {
  readonly buckets: Int32Array;
  readonly entries: Int32Array;
  readonly slots: Int32Array;
  readonly keys: Float64Array;
  readonly numbers: Float64Array;
  readonly arena: Int32Array;
  /** What is on its way to the blobs' files. */
  readonly pieces: PieceMemory;

  constructor(memory: SharedArrayBuffer, pieces = new PieceMemory(memory, PIECES_AT)) {
    this.pieces = pieces;
    this.buckets = new Int32Array(memory, BUCKETS_AT, BUCKETS);
    this.entries = new Int32Array(memory, ENTRIES_AT, ENTRIES * ENTRY_WORDS);
    this.slots = new Int32Array(memory, SLOTS_AT, SLOTS * SLOT_WORDS);
    this.keys = new Float64Array(memory, KEYS_AT, ENTRIES);
    this.numbers = new Float64Array(memory, NUMBERS_AT, SLOTS * SLOT_NUMBERS);
    this.arena = new Int32Array(memory, ARENA_AT, ARENA_WORDS);
  }

  /** Finds the blob that holds an inode's content. @returns whether it is published, and then where, in `place`. */
  find(ino: number, revision: number, place: BlobPlace): boolean {
    const key = keyOf(ino, revision);
    let entry = Atomics.load(this.buckets, bucketOf(key)) - 1;
    for (let steps = 0; entry >= 0 && steps < MAX_STEPS; steps += 1) {
      const at = entry * ENTRY_WORDS;
      if (this.keys[entry] === key) {
        place.slot = Atomics.load(this.entries, at + ENTRY.slot);
        place.ticket = Atomics.load(this.entries, at + ENTRY.ticket);
        return this.keys[entry] === key && this.isCurrent(place);
      }
      entry = Atomics.load(this.entries, at + ENTRY.next) - 1;
    }
    return false;
  }

  /** Whether the blob has not been retired since it was found. */
  isCurrent({ slot, ticket }: BlobPlace): boolean {
    return ticket !== 0 && Atomics.load(this.slots, slot * SLOT_WORDS + SLOT.ticket) === ticket;
  }

  /** Whether all of a range can be read from the blob; `lengthBytes` is at least 1. */
  holds(slot: number, offsetBytes: number, lengthBytes: number): boolean {
    const bits = this.#slot(slot, SLOT.bitsAt);
    const last = Math.floor((offsetBytes + lengthBytes - 1) / BLOCK_BYTES);
    for (let block = Math.floor(offsetBytes / BLOCK_BYTES); block <= last; block += 1) {
      if ((Atomics.load(this.arena, bits + (block >> 5)) & (1 << (block & 31))) === 0) return false;
    }
    return true;
  }

  /** Whether the blob is the whole file in order, and every byte of it was checked: it may pass through. */
  isWhole(slot: number): boolean {
    return this.#slot(slot, SLOT.whole) === 1;
  }

  fd(slot: number): number {
    return this.#slot(slot, SLOT.fd);
  }

  /**
   * Whether a blob whose file changed at this time (`ctime`) is as it was left. While it is written to nobody can
   * tell, and its blocks are good all the same: they were written in this run.
   */
  isAsLeft(slot: number, changeSeconds: number, changeNanoseconds: number): boolean {
    const at = slot * SLOT_NUMBERS;
    if (this.#slot(slot, SLOT.flux) !== 0) return true;
    return this.numbers[at] === changeSeconds && this.numbers[at + 1] === changeNanoseconds;
  }

  /** Counts one read that was answered from a blob. */
  countRead(slot: number, lengthBytes: number): void {
    Atomics.add(this.slots, slot * SLOT_WORDS + SLOT.reads, 1);
    Atomics.add(this.slots, slot * SLOT_WORDS + SLOT.readKib, Math.ceil(lengthBytes / 1024));
  }

  #slot(slot: number, word: number): number {
    return Atomics.load(this.slots, slot * SLOT_WORDS + word);
  }
}

/** Reads that workers counted since the last time that they were taken. */
export interface ReadCount {
  readonly reads: number;
  readonly bytes: number;
}

/** The main thread's side of a {@link BlobTable}; there is one. */
export class BlobPublisher extends BlobTable {
  readonly #freeSlots: number[] = [];
  readonly #freeEntries: number[] = [];
  readonly #entriesOf = new Map<number, number[]>();
  readonly #arenaClass = new Map<number, number>();
  readonly #freeArena = new Map<number, number[]>();
  #usedSlots = 0;
  #usedEntries = 0;
  #usedArena = 0;
  #lastTicket = 0;
  declare readonly pieces: PieceKeeper;

  constructor(memory: SharedArrayBuffer) {
    super(memory, new PieceKeeper(memory, PIECES_AT));
  }

  /** Publishes a blob of `blocks` blocks, none of which may be read yet. @returns its slot, or -1 when there is no room. */
  publish(fd: number, blocks: number): number {
    const bits = this.#takeArena((blocks + 31) >> 5);
    const slot = this.#freeSlots.pop() ?? (this.#usedSlots < SLOTS ? this.#usedSlots++ : -1);
    if (slot < 0 || bits < 0) {
      if (slot >= 0) this.#freeSlots.push(slot);
      if (bits >= 0) this.#giveArena(bits);
      return -1;
    }
    const at = slot * SLOT_WORDS;
    this.slots.fill(0, at, at + SLOT_WORDS);
    this.slots[at + SLOT.fd] = fd;
    this.slots[at + SLOT.bitsAt] = bits;
    // Until its file is looked at, nobody can say how it was left.
    this.numbers[slot * SLOT_NUMBERS] = Number.NaN;
    this.#lastTicket = (this.#lastTicket % 0x7fff_fffe) + 1;
    this.#entriesOf.set(slot, []);
    Atomics.store(this.slots, at + SLOT.ticket, this.#lastTicket);
    return slot;
  }

  /** Lets an inode's content be found in a blob. Once too often does no harm; where there is no room, it is not found. */
  link(ino: number, revision: number, slot: number): void {
    const linked = this.#entriesOf.get(slot);
    const key = keyOf(ino, revision);
    if (!linked || linked.some((entry) => this.keys[entry] === key)) return;
    const entry = this.#freeEntries.pop() ?? (this.#usedEntries < ENTRIES ? this.#usedEntries++ : -1);
    if (entry < 0) return;
    const at = entry * ENTRY_WORDS;
    Atomics.store(this.entries, at + ENTRY.slot, slot);
    Atomics.store(this.entries, at + ENTRY.ticket, this.slots[slot * SLOT_WORDS + SLOT.ticket] as number);
    this.keys[entry] = key;
    Atomics.store(this.entries, at + ENTRY.next, this.buckets[bucketOf(key)] as number);
    Atomics.store(this.buckets, bucketOf(key), entry + 1);
    linked.push(entry);
  }

  /** The ticket of a blob that is published. */
  ticketOf(slot: number): number {
    return this.slots[slot * SLOT_WORDS + SLOT.ticket] as number;
  }

  /** The inodes that are linked to a blob. */
  linksOf(slot: number): { ino: number; revision: number }[] {
    const keys = (this.#entriesOf.get(slot) ?? []).map((entry) => this.keys[entry] as number);
    return keys.map((key) => ({ ino: key % INO_LIMIT, revision: Math.floor(key / INO_LIMIT) }));
  }

  /** Lets blocks be read; their bytes have been written and checked. */
  allow(slot: number, from: number, to: number): void {
    const bits = this.slots[slot * SLOT_WORDS + SLOT.bitsAt] as number;
    for (let block = from; block < to; block += 1) {
      Atomics.or(this.arena, bits + (block >> 5), 1 << (block & 31));
    }
  }

  setWhole(slot: number): void {
    Atomics.store(this.slots, slot * SLOT_WORDS + SLOT.whole, 1);
  }

  /** Says whether the blob is being written to. */
  setInFlux(slot: number, isInFlux: boolean): void {
    Atomics.store(this.slots, slot * SLOT_WORDS + SLOT.flux, isInFlux ? 1 : 0);
  }

  /** How the blob's file was left. */
  setLeft(slot: number, changeSeconds: number, changeNanoseconds: number): void {
    this.numbers[slot * SLOT_NUMBERS] = changeSeconds;
    this.numbers[slot * SLOT_NUMBERS + 1] = changeNanoseconds;
  }

  takeReads(slot: number): ReadCount {
    const at = slot * SLOT_WORDS;
    const reads = Atomics.exchange(this.slots, at + SLOT.reads, 0);
    return { reads, bytes: Atomics.exchange(this.slots, at + SLOT.readKib, 0) * 1024 };
  }

  /** From now on nothing that is read from the blob counts. */
  retire(slot: number): void {
    Atomics.store(this.slots, slot * SLOT_WORDS + SLOT.ticket, 0);
    for (const entry of this.#entriesOf.get(slot) ?? []) this.#unlink(entry);
    this.#entriesOf.delete(slot);
    this.#giveArena(this.slots[slot * SLOT_WORDS + SLOT.bitsAt] as number);
    this.#freeSlots.push(slot);
  }

  #unlink(entry: number): void {
    const bucket = bucketOf(this.keys[entry] as number);
    const next = this.entries[entry * ENTRY_WORDS + ENTRY.next] as number;
    this.keys[entry] = NO_KEY;
    let before = (this.buckets[bucket] as number) - 1;
    if (before === entry) {
      Atomics.store(this.buckets, bucket, next);
    } else {
      while (this.entries[before * ENTRY_WORDS + ENTRY.next] !== entry + 1) {
        before = (this.entries[before * ENTRY_WORDS + ENTRY.next] as number) - 1;
      }
      Atomics.store(this.entries, before * ENTRY_WORDS + ENTRY.next, next);
    }
    this.#freeEntries.push(entry);
  }

  // In sizes of powers of two, so that what one blob gives back fits the next.
  #takeArena(words: number): number {
    const size = 2 ** Math.ceil(Math.log2(Math.max(4, words)));
    const free = this.#freeArena.get(size)?.pop();
    const at = free ?? (this.#usedArena + size <= ARENA_WORDS ? this.#usedArena : -1);
    if (at < 0) return -1;
    if (free === undefined) this.#usedArena += size;
    this.arena.fill(0, at, at + size);
    this.#arenaClass.set(at, size);
    return at;
  }

  #giveArena(at: number): void {
    const size = this.#arenaClass.get(at) as number;
    this.#arenaClass.delete(at);
    const free = this.#freeArena.get(size);
    if (free) free.push(at);
    else this.#freeArena.set(size, [at]);
  }
}

function keyOf(ino: number, revision: number): number {
  return revision * INO_LIMIT + ino;
}

function bucketOf(key: number): number {
  const high = Math.floor(key / 2 ** 32);
  return (Math.imul((key | 0) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> 15) & (BUCKETS - 1);
}
