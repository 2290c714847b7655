/** Rows looked at or changed in one go, so that the main thread is free again after a few milliseconds. */
export const SLICE = 256;

/** Pieces of a list, each of {@link SLICE} items at most. */
export function* slices<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += SLICE) yield items.slice(at, at + SLICE);
}
