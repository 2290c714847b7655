import type { Catalogue } from "../catalogue/catalogue.js";
import { MusicfsError } from "../errors.js";
import type { LibraryOrigin } from "../library/library-origin.js";

const PROBE_TIMEOUT_MS = 8_000;

/**
 * Looks whether an origin answers: at one of its files, or, while none is known, at the begin of its listing.
 *
 * @throws what the origin does; `MFS_ORIGIN_UNAVAILABLE` when it says nothing for 8 seconds.
 */
export async function probeOrigin(
  { origin, number }: LibraryOrigin,
  catalogue: Catalogue,
  signal: AbortSignal,
): Promise<void> {
  const [file] = catalogue.files.after(number, 0, 1);
  const deadline = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  const signals = AbortSignal.any([signal, deadline]);
  const look = async (): Promise<unknown> => {
    if (file) return origin.stat(file.path, signals);
    for await (const batch of origin.list(signals)) return batch;
    return undefined;
  };
  await Promise.race([look(), rejectAt(signals)]).catch((error) => {
    if (!deadline.aborted) throw error;
    throw new MusicfsError(
      "MFS_ORIGIN_UNAVAILABLE",
      `origin '${origin.id}' said nothing for ${PROBE_TIMEOUT_MS / 1000} s`,
    );
  });
}

// An origin that hangs may not notice that it is told to stop.
function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
