import type { Origin, OriginChunks } from "../model/origin.js";
import type { FileVersion } from "../store/store-index.js";
import { DeltaFile, type DeltaOptions } from "./delta-file.js";

/** What reading a file needs of its origin. */
export type OriginReads = Pick<Origin, "read" | "chunks" | "checksum">;

/**
 * An origin, as it is to be read for one version of a file: what an earlier version has that is in the store is taken
 * from there. What is asked of the origin itself is counted.
 */
export function withDelta(version: FileVersion, origin: OriginReads, options: DeltaOptions): OriginReads {
  const { counters } = options.store;
  const { chunks, checksum } = origin;
  const counted: OriginReads = {
    ...(checksum
      ? {
          checksum(file, signal) {
            counters.countRequest(version.originId, 0);
            return checksum(file, signal);
          },
        }
      : {}),
    ...(chunks
      ? { chunks: countedChunks(chunks, (bytes) => counters.countRequest(version.originId, bytes)) }
      : {}),
    read(file, offsetBytes, lengthBytes, signal, target) {
      counters.countRequest(version.originId, lengthBytes);
      return origin.read(file, offsetBytes, lengthBytes, signal, target);
    },
  };
  return new DeltaFile(version, counted, options);
}

function countedChunks(chunks: OriginChunks, count: (bytes: number) => void): OriginChunks {
  return {
    manifest(file, signal) {
      count(0);
      return chunks.manifest(file, signal);
    },
    read(file, wanted, signal) {
      count(wanted.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0));
      return chunks.read(file, wanted, signal);
    },
  };
}
