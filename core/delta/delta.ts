import type { Origin } from "../model/origin.js";
import type { FileVersion } from "../store/store-index.js";
import { DeltaFile, type DeltaOptions } from "./delta-file.js";

/** What reading a file needs of its origin. */
export type OriginReads = Pick<Origin, "read">;

/**
 * An origin, as it is to be read for one version of a file: what an earlier version has that is in the store is taken
 * from there. What is asked of the origin itself is counted.
 */
export function withDelta(version: FileVersion, origin: Origin, options: DeltaOptions): OriginReads {
  const { counters } = options.store;
  const counted: OriginReads = {
    read(file, offsetBytes, lengthBytes, signal, target) {
      counters.countRequest(version.originId, lengthBytes);
      return origin.read(file, offsetBytes, lengthBytes, signal, target);
    },
  };
  return new DeltaFile(version, counted, options);
}
