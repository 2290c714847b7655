import type { Catalogue } from "../catalogue/catalogue.js";
import { MusicfsError } from "../errors.js";
import type { Origin } from "../model/origin.js";
import { within } from "./within.js";

const PROBE_TIMEOUT_MS = 8_000;

/**
 * Looks whether an origin answers, as it says itself; else at one of its files, or, while none is known, at the begin of its
 * listing.
 *
 * @throws what the origin does; `MFS_ORIGIN_UNAVAILABLE` when it says nothing for 8 seconds.
 */
export function probeOrigin(
  origin: Origin,
  number: number,
  catalogue: Catalogue,
  signal: AbortSignal,
): Promise<void> {
  const late = (): Error =>
    new MusicfsError(
      "MFS_ORIGIN_UNAVAILABLE",
      `origin '${origin.id}' said nothing for ${PROBE_TIMEOUT_MS / 1000} s`,
    );
  return within(PROBE_TIMEOUT_MS, late, signal, async (limited) => {
    if (origin.probe) return origin.probe(limited);
    const [file] = catalogue.files.after(number, 0, 1);
    if (file) await origin.stat(file.path, limited);
    else for await (const _ of origin.list(limited)) break;
  });
}
