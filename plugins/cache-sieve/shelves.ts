import { type Place, Queue } from "musicfs";

/** A cached file. */
export interface Item {
  readonly key: number;
  readonly version: number;
  readonly sizeBytes: number;
  isKept: boolean;
  readMs: number;
  /** Where it stands among what is kept. */
  rung: number;
  place: Place<Item> | undefined;
}

/** Files that were used once, in the order in which they came. */
export class Trial {
  readonly #queue = new Queue<Item>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  enter(item: Item): void {
    this.#bytes += item.sizeBytes;
    item.place = this.#queue.push(item);
  }

  leave(item: Item): void {
    this.#bytes -= item.sizeBytes;
    if (item.place) this.#queue.leave(item.place);
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#queue[Symbol.iterator]();
  }
}

/** Uses that count: more of them keep a file no longer. */
const MOST_USES = 3;
const RUNGS = MOST_USES + 2;

/**
 * Files that were used again. The paper's queue goes round: what comes to its end and was used is put back to
 * its beginning with one use less. A ladder says the same without moving anything when nothing is evicted: a
 * file stands on the rung of the round that evicts it. It enters for the next round, each use lifts it by one,
 * and when the lowest rung is empty, the next one is the lowest.
 */
export class Kept {
  readonly #rungs = Array.from({ length: RUNGS }, () => new Queue<Item>());
  #lowest = 0;
  #count = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  enter(item: Item): void {
    this.#count++;
    this.#bytes += item.sizeBytes;
    this.#put(item, this.#lowest + 1);
  }

  lift(item: Item): void {
    this.#withdraw(item);
    this.#put(item, Math.min(item.rung + 1, this.#lowest + 1 + MOST_USES));
    this.#settle();
  }

  leave(item: Item): void {
    this.#count--;
    this.#bytes -= item.sizeBytes;
    this.#withdraw(item);
    this.#settle();
  }

  *[Symbol.iterator](): Generator<Item> {
    const lowest = this.#lowest;
    for (let rung = lowest; rung < lowest + RUNGS; rung++) yield* this.#rung(rung);
  }

  #put(item: Item, rung: number): void {
    item.rung = rung;
    item.place = this.#rung(rung).push(item);
  }

  #withdraw(item: Item): void {
    if (item.place) this.#rung(item.rung).leave(item.place);
  }

  #settle(): void {
    while (this.#count > 0 && this.#rung(this.#lowest).isEmpty) this.#lowest++;
  }

  #rung(rung: number): Queue<Item> {
    return this.#rungs[rung % RUNGS] as Queue<Item>;
  }
}
