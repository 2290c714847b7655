import { type CachePolicy, type Place, Queue } from "musicfs";

interface Item {
  readonly key: number;
  place: Place<Item> | undefined;
  readMs: number;
  isUsed: boolean;
}

/**
 * SIEVE (Y. Zhang et al., NSDI 2024), to compare with: a queue, a bit for each file, and a hand that goes from
 * the oldest to the newest and round again, clears the bits that it meets and evicts where there is none.
 * Asking for a victim moves the hand, which is right here and nowhere else.
 */
export function createSieve(maxBytes: number, useGapMs: number): CachePolicy {
  const items = new Map<number, Item>();
  const queue = new Queue<Item>();
  let hand: Item | undefined;
  const oldest = (): Item | undefined => queue[Symbol.iterator]().next().value as Item | undefined;
  const afterHand = (): Item | undefined => {
    let place = hand?.place?.after;
    while (place?.isLeft) place = place.after;
    return place?.value ?? oldest();
  };
  return {
    maxBytes,
    minFreeBytes: 0,
    admits: ({ sizeBytes }) => sizeBytes <= maxBytes,
    added({ key }, nowMs) {
      const item: Item = { key, readMs: nowMs, isUsed: false, place: undefined };
      item.place = queue.push(item);
      items.set(key, item);
    },
    touched(key, nowMs) {
      const item = items.get(key);
      if (!item) return;
      if (nowMs - item.readMs >= useGapMs) item.isUsed = true;
      item.readMs = nowMs;
    },
    removed(key) {
      const item = items.get(key);
      if (!item?.place) return;
      items.delete(key);
      queue.leave(item.place);
      if (hand === item) hand = afterHand();
    },
    *victims() {
      while (items.size > 0) {
        hand ??= oldest();
        if (!hand) return;
        if (hand.isUsed) {
          hand.isUsed = false;
          hand = afterHand();
        } else yield hand.key;
      }
    },
  };
}
