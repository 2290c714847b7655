import type { ChunkerSource } from "../model/chunker.js";

/** Cuts a whole blob into chunks, and compares its blocks with their sums while it does. */
export interface CutJob {
  readonly kind: "cut";
  readonly fd: number;
  readonly sizeBytes: number;
  /** Of each block; absent where nothing is known of the file yet. */
  readonly sums?: Uint32Array;
  readonly chunker: ChunkerSource;
}

export interface CutResult {
  readonly manifest: Uint8Array<ArrayBuffer>;
  /** Blocks that are not what their sums say; then the manifest means nothing. */
  readonly wrong: readonly number[];
}

/** Compares chunks that lie in a blob with their hashes. */
export interface CheckJob {
  readonly kind: "check";
  readonly fd: number;
  readonly manifest: Uint8Array;
  /** Chunks that lie in other blobs, and are left out. */
  readonly except: readonly number[];
}

export interface CheckResult {
  /** Chunks that are not what their hashes say. */
  readonly wrong: readonly number[];
}

/** A chunk that a blob has, and another has too. */
export interface SharedChunk {
  readonly chunk: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly hash: Uint8Array;
  readonly holderFd: number;
  readonly holderOffsetBytes: number;
}

/** Punches chunks out of a blob that lie, as they should, in other blobs. */
export interface PunchJob {
  readonly kind: "punch";
  readonly fd: number;
  readonly shared: readonly SharedChunk[];
}

export interface PunchResult {
  /** Whether the disk can. */
  readonly isPossible: boolean;
  /** Chunks whose other copy is good, so that this blob needs none. */
  readonly good: readonly number[];
  /** Bytes that came free. */
  readonly freedBytes: number;
}

export type StoreJob = CutJob | CheckJob | PunchJob;
export type StoreResult = CutResult | CheckResult | PunchResult;

/** What the result of a job is. */
export type ResultOf<J extends StoreJob> = J extends CutJob
  ? CutResult
  : J extends CheckJob
    ? CheckResult
    : PunchResult;

export interface ToStoreThread {
  readonly id: number;
  readonly job: StoreJob;
}

export type FromStoreThread =
  | { readonly id: number; readonly result: StoreResult }
  | { readonly id: number; readonly error: string };
