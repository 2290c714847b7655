/** A place in a {@link Queue}. */
export interface Place<T> {
  readonly value: T;
  before: Place<T> | undefined;
  after: Place<T> | undefined;
  isLeft: boolean;
}

/**
 * Values in the order in which they came, each of which can leave in constant time, also while the queue is
 * walked. A `Map` keeps an order, too, but what leaves it remains as a hole that every walk steps over, and
 * now and then it is built anew as a whole (plugins/cache-lru/README.md has the figures).
 */
export class Queue<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  push(value: T): Place<T> {
    const place: Place<T> = { value, before: this.#last, after: undefined, isLeft: false };
    if (this.#last) this.#last.after = place;
    else this.#first = place;
    this.#last = place;
    return place;
  }

  leave(place: Place<T>): void {
    const { before, after } = place;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    // It keeps its `after`, from which a walk that stands at it goes on.
    place.isLeft = true;
    place.before = undefined;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let place = this.#first; place; place = next(place)) yield place.value;
  }
}

function next<T>(place: Place<T>): Place<T> | undefined {
  let after = place.after;
  while (after?.isLeft) after = after.after;
  return after;
}
