import type { Graft } from "./graft.js";
import type { ByteRange } from "./stored-version.js";

/** Part of a range, and whether it can be had from the store. */
export interface Part extends ByteRange {
  readonly isKept: boolean;
}

/** Where bytes of a new version come from that need not be fetched; all ranges are those of the new version. */
export interface Donor {
  /** The parts of a range that can be had, and those that cannot, in order. */
  parts(range: ByteRange): Promise<readonly Part[]>;
  /** Reads a part that can be had. @returns `undefined` where some of it is gone or damaged by now. */
  take(range: ByteRange): Promise<Uint8Array | undefined>;
  /** Fetches what cannot be had, in a better way than by its range; absent where there is none. */
  fetch?(range: ByteRange, signal: AbortSignal): Promise<Uint8Array>;
}

/** The audio of an earlier version, wherever it lies in both. */
export function audioDonor({ before, beforeFrom, from, to }: Graft): Donor {
  const shift = from - beforeFrom;
  const inBefore = (range: ByteRange): ByteRange => ({ from: range.from - shift, to: range.to - shift });
  return {
    async parts(range) {
      const [start, end] = [Math.max(range.from, from), Math.min(range.to, to)];
      if (start >= end) return [{ ...range, isKept: false }];
      const within = await before.parts(inBefore({ from: start, to: end }));
      const moved = within.map((part) => ({ ...part, from: part.from + shift, to: part.to + shift }));
      const [head, tail] = [
        { from: range.from, to: start, isKept: false },
        { from: end, to: range.to, isKept: false },
      ];
      return [head, ...moved, tail].filter((part) => part.from < part.to);
    },
    take: (range) => before.read(inBefore(range)),
  };
}
