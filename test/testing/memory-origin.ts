import { type Origin, OriginError, type OriginFile } from "musicfs";
import { type OriginSubject, type SampleFile, sampleFiles } from "musicfs/testing";

interface MemoryFile {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** Files in memory, as an origin that keeps its contract. */
export class MemoryOrigin implements Origin {
  readonly id = "memory";
  readonly files = new Map<string, MemoryFile>();
  #versions = 0;

  constructor(files: readonly SampleFile[]) {
    for (const { path, bytes } of files) this.set(path, bytes);
  }

  set(path: string, bytes: Uint8Array): void {
    this.files.set(path, { bytes, version: `v${++this.#versions}` });
  }

  async *list(signal: AbortSignal): ReturnType<Origin["list"]> {
    const paths = [...this.files.keys()];
    for (let at = 0; at < paths.length; at += 1000) {
      signal.throwIfAborted();
      const files = paths.slice(at, at + 1000).map((path) => this.describe(path));
      yield { files: files.filter((file) => file !== undefined), unreadable: [] };
    }
  }

  async stat(path: string, signal: AbortSignal): Promise<OriginFile | undefined> {
    signal.throwIfAborted();
    return this.describe(path);
  }

  async read(
    file: OriginFile,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    signal.throwIfAborted();
    const found = this.files.get(file.path);
    if (!found || found.version !== file.version) {
      throw new OriginError(found ? "changed" : "missing", `'${file.path}' is not the one that was listed`);
    }
    return found.bytes.slice(offsetBytes, offsetBytes + lengthBytes);
  }

  describe(path: string): OriginFile | undefined {
    const file = this.files.get(path);
    return file && { path, sizeBytes: file.bytes.length, mtimeMs: 0, version: file.version };
  }
}

/** A subject over memory; `open` makes the origin of files, or of a root that is missing. */
export function memorySubject(
  open: (files: readonly SampleFile[]) => MemoryOrigin,
  openMissing: () => Origin = missingOrigin,
): OriginSubject {
  const expected = sampleFiles();
  const origin = open(expected);
  return {
    origin,
    expected,
    replace: async (path, bytes) => origin.set(path, bytes),
    remove: async (path) => void origin.files.delete(path),
    openMissing: async () => openMissing(),
    openWith: async (files) => open(files),
  };
}

function missingOrigin(): Origin {
  const refuse = async (): Promise<never> => {
    throw new Error("there is no root");
  };
  return {
    id: "missing",
    // biome-ignore lint/correctness/useYield: a listing that fails before its first batch
    async *list() {
      await refuse();
    },
    stat: refuse,
    read: refuse,
  };
}
