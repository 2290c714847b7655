import type { Origin } from "../model/origin.js";

/** A configured origin, with the number under which the catalogue knows it. */
export interface LibraryOrigin {
  readonly number: number;
  readonly origin: Origin;
  /** What failed at the last look at it; `undefined` when all is well. */
  error: string | undefined;
}
