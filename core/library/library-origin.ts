import type { LocalAccess, Origin } from "../model/origin.js";
import type { OriginGuard } from "../origins/guard.js";
import type { RefusedFiles } from "./refused-files.js";

/** A configured origin, with the number under which the catalogue knows it. */
export interface LibraryOrigin {
  readonly number: number;
  readonly origin: Origin;
  /** What failed at the last look at it; `undefined` when all is well. */
  error: string | undefined;
  /** What its listings had and the library cannot show; absent before the first one. */
  refused?: RefusedFiles;
  /** What stands before it, and knows how it is; absent where it is asked directly. */
  readonly guard?: OriginGuard;
}

/** Why an origin cannot be listed, or does not answer; `undefined` when all is well. */
export function troubleOf({ error, guard }: LibraryOrigin): string | undefined {
  return error ?? guard?.health.error;
}

/** Where the files of an origin are opened on this disk; `undefined` where they are read through the store. */
export function directAccessOf(origin: Origin): LocalAccess | undefined {
  return origin.cache ? undefined : origin.local;
}
