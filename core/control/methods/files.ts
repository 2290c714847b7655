import type { MessageInitShape } from "@bufbuild/protobuf";
import { MusicfsError } from "../../errors.js";
import type { Manifest } from "../../store/manifest.js";
import type { FileVersion } from "../../store/store-index.js";
import type { ControlContext } from "../context.js";
import type { LibraryFile, LibraryFileSchema } from "../gen/musicfs/v1/files_pb.js";
import type { Methods } from "../methods.js";

const MAX_PATHS = 10_000;
const MAX_READ_BYTES = 16 * 1024 * 1024;
/** Bytes of one message: small enough that whoever waits sees that something comes. */
const MESSAGE_BYTES = 128 * 1024;
const MAX_HASHES = 256;
const MAX_CHUNKS_BYTES = 32 * 1024 * 1024;

type FileMethods = Pick<
  Methods,
  "listFiles" | "statFile" | "readFile" | "getManifest" | "readChunks" | "watchFiles"
>;

/** What another MusicFS asks for; see core/sharing/README.md. */
export function fileMethods({ sharing }: ControlContext): FileMethods {
  return {
    async *listFiles({ originId, paths }, { signal }) {
      require(paths.length <= MAX_PATHS, `paths: expected at most ${MAX_PATHS}`);
      require(paths.length === 0 || originId !== undefined, "origin_id: expected one where there are paths");
      for await (const page of sharing.list(originId, paths, signal)) yield { files: page.map(messageOf) };
    },

    statFile: ({ originId, path }) => {
      const found = sharing.stat({ originId, path });
      return found ? { file: messageOf(found) } : {};
    },

    async *readFile({ file, offsetBytes, lengthBytes }, { signal }) {
      require(lengthBytes <= MAX_READ_BYTES, `length_bytes: expected at most ${MAX_READ_BYTES}`);
      const pieces = sharing.read(versionOf(file), numberOf(offsetBytes), lengthBytes, signal);
      for await (const piece of pieces) {
        for (let at = 0; at < piece.length; at += MESSAGE_BYTES) {
          yield { data: piece.subarray(at, at + MESSAGE_BYTES) };
        }
      }
    },

    async getManifest({ file }, { signal }) {
      const found = await sharing.manifest(versionOf(file), signal);
      if (!found) return { known: false };
      const { manifest, chunker } = found;
      const chunks = Array.from({ length: manifest.count }, (_, chunk) => ({
        hash: manifest.hash(chunk),
        lengthBytes: manifest.range(chunk).lengthBytes,
      }));
      return { known: true, hashAlgorithm: "sha256", chunker, chunks };
    },

    async *readChunks({ file, hashes }, { signal }) {
      require(hashes.length <= MAX_HASHES, `hashes: expected at most ${MAX_HASHES}`);
      const wanted = versionOf(file);
      const found = await sharing.manifest(wanted, signal);
      const ranges = rangesOf(hashes, found?.manifest);
      const bytes = ranges.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
      require(bytes <=
        MAX_CHUNKS_BYTES, `hashes: expected chunks of at most ${MAX_CHUNKS_BYTES} bytes together`);
      for (const { hash, offsetBytes, lengthBytes } of ranges) {
        const pieces: Uint8Array[] = [];
        for await (const piece of sharing.read(wanted, offsetBytes, lengthBytes, signal)) pieces.push(piece);
        yield { hash, data: Buffer.concat(pieces) };
      }
    },

    async *watchFiles({ originId, firstOnly }, { signal }) {
      for await (const { files, everything } of sharing.watch(originId, signal)) {
        yield { files: files.map(({ originId, path }) => ({ originId, path })), everything };
        if (firstOnly) return;
      }
    },
  };
}

interface HashedRange {
  readonly hash: Uint8Array;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

function rangesOf(hashes: readonly Uint8Array[], manifest: Manifest | undefined): readonly HashedRange[] {
  const chunks = new Map<string, number>();
  for (let chunk = 0; chunk < (manifest?.count ?? 0); chunk += 1) {
    chunks.set(hexOf(manifest?.hash(chunk) as Uint8Array), chunk);
  }
  return hashes.map((hash) => {
    const chunk = chunks.get(hexOf(hash));
    if (!manifest || chunk === undefined)
      throw new MusicfsError("MFS_NOT_FOUND", "the file has no such chunk");
    return { hash, ...manifest.range(chunk) };
  });
}

function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString("hex");
}

function versionOf(file: LibraryFile | undefined): FileVersion {
  if (!file) throw new MusicfsError("MFS_USAGE", "file: expected one");
  const { originId, path, mtimeMs, version } = file;
  const sizeBytes = numberOf(file.sizeBytes);
  return { originId, file: { path, sizeBytes, mtimeMs, ...(version === undefined ? {} : { version }) } };
}

function messageOf({ originId, file }: FileVersion): MessageInitShape<typeof LibraryFileSchema> {
  const { path, sizeBytes, mtimeMs, version } = file;
  const known = version === undefined ? {} : { version };
  return { originId, path, sizeBytes: BigInt(sizeBytes), mtimeMs, ...known };
}

function numberOf(value: bigint): number {
  require(value <= BigInt(Number.MAX_SAFE_INTEGER), "a size or an offset: expected one below 2^53");
  return Number(value);
}

function require(isSo: boolean, problem: string): void {
  if (!isSo) throw new MusicfsError("MFS_USAGE", problem);
}
