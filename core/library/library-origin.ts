import type { LocalAccess, Origin } from "../model/origin.js";

/** A configured origin, with the number under which the catalogue knows it. */
export interface LibraryOrigin {
  readonly number: number;
  readonly origin: Origin;
  /** What failed at the last look at it; `undefined` when all is well. */
  error: string | undefined;
}

/** Where the files of an origin are opened on this disk; `undefined` where they are read through the store. */
export function directAccessOf(origin: Origin): LocalAccess | undefined {
  return origin.cache ? undefined : origin.local;
}
