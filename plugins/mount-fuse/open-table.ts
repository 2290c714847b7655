/** How an open file's bytes reach its readers. While an inode is open, the kernel allows it one of these only. */
export const OPEN_MODE = {
  /** A worker reads them from the file and writes them to the kernel. */
  copy: 1,
  /** The kernel reads the file itself. */
  passthrough: 2,
  /** The main thread fetches them. */
  late: 3,
  /** A worker copies those that are in the content store, and the main thread fetches the others. */
  cached: 4,
  /** The main thread makes them, and the kernel keeps none. */
  live: 5,
} as const;

/** What is kept of a file while it is open. */
export interface OpenFile {
  readonly mode: number;
  /** -1: none is held. */
  readonly fd: number;
  /** The kernel's number of a passthrough file; 0: none. */
  readonly backingId: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** Of the file on the disk: tells whether it is still the one that was opened. */
  readonly changeSeconds: number;
  readonly changeNanoseconds: number;
}

/** What {@link OpenTable.release} leaves to be closed. */
export interface Leftover {
  fd: number;
  backingId: number;
}

/** Inodes that can be open at once; the memory is only touched as far as it is used. */
export const OPEN_TABLE_CAPACITY = 1 << 18;

const BUCKETS = 1 << 15;
const NONE = -1;

/** Inodes that were closed a moment ago and are kept ready, at most. */
export const IDLE_CAPACITY = 64;

const HEADER = {
  lock: 0,
  used: 1,
  free: 2,
  open: 3,
  epoch: 4,
  ring: 8,
  count: 8 + 1 + IDLE_CAPACITY,
} as const;
const HEADER_BYTES = 512;
const WORDS = 8;
const WORD = { low: 0, high: 1, mode: 2, fd: 3, backingId: 4, users: 5, next: 6, idleAt: 7 } as const;
const NUMBERS = 6;
const NUMBER = { sizeBytes: 0, mtimeMs: 1, changeSeconds: 2, changeNanoseconds: 3, idleSince: 4 } as const;

const SPINS = 200;
const WAIT_MS = 1;

/** The memory behind an {@link OpenTable}, to be handed to every worker. */
export function createOpenTableMemory(capacity = OPEN_TABLE_CAPACITY): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(HEADER_BYTES + BUCKETS * 4 + capacity * (WORDS * 4 + NUMBERS * 8));
  new Int32Array(memory, 0, HEADER.count)[HEADER.free] = NONE;
  return memory;
}

/**
 * The inodes that are open, in memory that all workers share: descriptors and backing ids belong to the
 * process, and the kernel wants every open of one inode to be of one kind, whichever worker answers it.
 *
 * A slot keeps its number while its inode is open, so it serves as the kernel's file handle, and reads find
 * their file without the lock.
 */
export class OpenTable {
  readonly #owner: number;
  readonly #capacity: number;
  readonly #header: Int32Array;
  readonly #buckets: Int32Array;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;

  /** @param owner above 0, and different in each thread: who holds the lock. */
  constructor(memory: SharedArrayBuffer, owner: number) {
    this.#owner = owner;
    this.#capacity = Math.floor((memory.byteLength - HEADER_BYTES - BUCKETS * 4) / (WORDS * 4 + NUMBERS * 8));
    this.#header = new Int32Array(memory, 0, HEADER.count);
    this.#buckets = new Int32Array(memory, HEADER_BYTES, BUCKETS);
    const numbersAt = HEADER_BYTES + BUCKETS * 4;
    this.#numbers = new Float64Array(memory, numbersAt, this.#capacity * NUMBERS);
    this.#words = new Int32Array(memory, numbersAt + this.#capacity * NUMBERS * 8, this.#capacity * WORDS);
  }

  /** Inodes that are open at this moment. */
  get openFiles(): number {
    return Atomics.load(this.#header, HEADER.open);
  }

  /** Counts one more user of an inode that is open already. @returns its slot, or -1. */
  acquire(low: number, high: number): number {
    this.#lock();
    const slot = this.#find(low | 0, high | 0);
    if (slot !== NONE) this.#addUser(slot);
    this.#unlock();
    return slot;
  }

  /** The slot of an inode that is open, or -1. Its user must be known to stay. */
  find(low: number, high: number): number {
    this.#lock();
    const slot = this.#find(low | 0, high | 0);
    this.#unlock();
    return slot;
  }

  /**
   * Enters an inode with one user. Where another thread was quicker, its entry gets one more user and stays
   * as it is: then {@link fd} of the slot is not the file's, and the caller closes its own.
   *
   * @returns the slot, or -1 when the table is full.
   */
  enter(low: number, high: number, file: OpenFile): number {
    this.#lock();
    let slot = this.#find(low | 0, high | 0);
    if (slot !== NONE) this.#addUser(slot);
    else slot = this.#insert(low | 0, high | 0, file);
    this.#unlock();
    return slot;
  }

  /**
   * Takes one user away. Of the last one the inode stays in the table for a moment, unless `keep` forbids it
   * or it holds no descriptor: players and taggers open a file several times in a row.
   *
   * @returns whether `leftover`, of this inode or of one that had to make room, is the caller's to close.
   */
  release(slot: number, keep: boolean, leftover: Leftover): boolean {
    if (!this.#isSlot(slot)) return false;
    this.#lock();
    const users = this.#word(slot, WORD.users);
    if (users > 0) this.#words[slot * WORDS + WORD.users] = users - 1;
    let hasLeftover = false;
    if (users === 1) {
      Atomics.sub(this.#header, HEADER.open, 1);
      if (keep && this.#word(slot, WORD.fd) >= 0) hasLeftover = this.#retire(slot, leftover);
      else hasLeftover = this.#takeOut(slot, leftover);
    }
    this.#unlock();
    return hasLeftover;
  }

  /**
   * Takes out what has been idle since before the last call but one. To be called once a second.
   *
   * @returns what is to be closed.
   */
  expireIdle(): Leftover[] {
    const expired: Leftover[] = [];
    this.#lock();
    const epoch = this.#header[HEADER.epoch] as number;
    this.#header[HEADER.epoch] = epoch + 1;
    for (let at = 1; at <= IDLE_CAPACITY; at += 1) {
      const slot = (this.#header[HEADER.ring + at] as number) - 1;
      if (slot === NONE || this.#number(slot, NUMBER.idleSince) >= epoch) continue;
      const leftover = { fd: -1, backingId: 0 };
      this.#header[HEADER.ring + at] = 0;
      this.#takeOut(slot, leftover);
      expired.push(leftover);
    }
    this.#unlock();
    return expired;
  }

  /** Takes every inode out, open or not: nobody serves them any more. */
  *drain(): Generator<Leftover> {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      for (let head = this.#buckets[bucket] as number; head > 0; head = this.#buckets[bucket] as number) {
        const leftover = { fd: -1, backingId: 0 };
        this.#takeOut(head - 1, leftover);
        yield leftover;
      }
    }
  }

  mode(slot: number): number {
    return this.#word(slot, WORD.mode);
  }
  fd(slot: number): number {
    return this.#word(slot, WORD.fd);
  }
  backingId(slot: number): number {
    return this.#word(slot, WORD.backingId);
  }
  sizeBytes(slot: number): number {
    return this.#number(slot, NUMBER.sizeBytes);
  }
  mtimeMs(slot: number): number {
    return this.#number(slot, NUMBER.mtimeMs);
  }
  changeSeconds(slot: number): number {
    return this.#number(slot, NUMBER.changeSeconds);
  }
  changeNanoseconds(slot: number): number {
    return this.#number(slot, NUMBER.changeNanoseconds);
  }

  /** Whether `slot` is the number of an open inode: what a kernel's file handle must be. */
  isOpen(slot: number): boolean {
    return this.#isSlot(slot) && this.#word(slot, WORD.users) > 0;
  }

  /** The file is known to be as it was, though its inode on the disk was touched. */
  setChange(slot: number, seconds: number, nanoseconds: number): void {
    this.#numbers[slot * NUMBERS + NUMBER.changeSeconds] = seconds;
    this.#numbers[slot * NUMBERS + NUMBER.changeNanoseconds] = nanoseconds;
  }

  /** The inode's descriptor is closed while it goes on being open. */
  forgetFd(slot: number): void {
    this.#words[slot * WORDS + WORD.fd] = NONE;
  }

  /** Frees the lock that a thread held when it died. */
  breakLockOf(owner: number): void {
    Atomics.compareExchange(this.#header, HEADER.lock, owner, 0);
  }

  #isSlot(slot: number): boolean {
    return slot >= 0 && slot < (this.#header[HEADER.used] as number);
  }

  #find(low: number, high: number): number {
    let slot = (this.#buckets[bucketOf(low, high)] as number) - 1;
    while (slot !== NONE && (this.#word(slot, WORD.low) !== low || this.#word(slot, WORD.high) !== high)) {
      slot = this.#word(slot, WORD.next);
    }
    return slot;
  }

  #insert(low: number, high: number, file: OpenFile): number {
    const slot = this.#takeSlot();
    if (slot === NONE) return NONE;
    const bucket = bucketOf(low, high);
    const at = slot * WORDS;
    this.#words[at + WORD.low] = low;
    this.#words[at + WORD.high] = high;
    this.#words[at + WORD.mode] = file.mode;
    this.#words[at + WORD.fd] = file.fd;
    this.#words[at + WORD.backingId] = file.backingId;
    this.#words[at + WORD.users] = 1;
    this.#words[at + WORD.next] = (this.#buckets[bucket] as number) - 1;
    this.#numbers[slot * NUMBERS + NUMBER.sizeBytes] = file.sizeBytes;
    this.#numbers[slot * NUMBERS + NUMBER.mtimeMs] = file.mtimeMs;
    this.setChange(slot, file.changeSeconds, file.changeNanoseconds);
    // Buckets hold the slot's number plus one, so that fresh memory says "none".
    this.#buckets[bucket] = slot + 1;
    Atomics.add(this.#header, HEADER.open, 1);
    return slot;
  }

  #takeSlot(): number {
    const free = this.#header[HEADER.free] as number;
    if (free !== NONE) {
      this.#header[HEADER.free] = this.#word(free, WORD.next);
      return free;
    }
    const used = this.#header[HEADER.used] as number;
    if (used === this.#capacity) return NONE;
    this.#header[HEADER.used] = used + 1;
    return used;
  }

  #remove(slot: number): void {
    const bucket = bucketOf(this.#word(slot, WORD.low), this.#word(slot, WORD.high));
    const next = this.#word(slot, WORD.next);
    let before = (this.#buckets[bucket] as number) - 1;
    if (before === slot) {
      this.#buckets[bucket] = next + 1;
    } else {
      while (this.#word(before, WORD.next) !== slot) before = this.#word(before, WORD.next);
      this.#words[before * WORDS + WORD.next] = next;
    }
    this.#words[slot * WORDS + WORD.next] = this.#header[HEADER.free] as number;
    this.#header[HEADER.free] = slot;
  }

  #addUser(slot: number): void {
    const at = slot * WORDS;
    const users = this.#word(slot, WORD.users);
    this.#words[at + WORD.users] = users + 1;
    if (users > 0) return;
    this.#header[HEADER.ring + this.#word(slot, WORD.idleAt)] = 0;
    Atomics.add(this.#header, HEADER.open, 1);
  }

  // The ring's places are used in turn, so that whoever is in the way has been idle for longest.
  #retire(slot: number, leftover: Leftover): boolean {
    const at = ((this.#header[HEADER.ring] as number) % IDLE_CAPACITY) + 1;
    this.#header[HEADER.ring] = at;
    const oldest = (this.#header[HEADER.ring + at] as number) - 1;
    const hasLeftover = oldest !== NONE && this.#takeOut(oldest, leftover);
    this.#header[HEADER.ring + at] = slot + 1;
    this.#words[slot * WORDS + WORD.idleAt] = at;
    this.#numbers[slot * NUMBERS + NUMBER.idleSince] = this.#header[HEADER.epoch] as number;
    return hasLeftover;
  }

  #takeOut(slot: number, leftover: Leftover): true {
    leftover.fd = this.#word(slot, WORD.fd);
    leftover.backingId = this.#word(slot, WORD.backingId);
    this.#words[slot * WORDS + WORD.users] = 0;
    this.#remove(slot);
    return true;
  }

  #word(slot: number, word: number): number {
    return this.#words[slot * WORDS + word] as number;
  }

  #number(slot: number, number: number): number {
    return this.#numbers[slot * NUMBERS + number] as number;
  }

  // Held for a microsecond or so, so nobody needs to be woken: whoever comes spins, or looks again.
  #lock(): void {
    for (
      let spins = 0;
      Atomics.compareExchange(this.#header, HEADER.lock, 0, this.#owner) !== 0;
      spins += 1
    ) {
      if (spins > SPINS)
        Atomics.wait(this.#header, HEADER.lock, this.#header[HEADER.lock] as number, WAIT_MS);
    }
  }

  #unlock(): void {
    Atomics.store(this.#header, HEADER.lock, 0);
  }
}

function bucketOf(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return (mixed >>> 15) & (BUCKETS - 1);
}
