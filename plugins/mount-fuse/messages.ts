import type { VfsDescription } from "musicfs/vfs";
import type { Ownership } from "./attributes.js";
import type { SharedMemory } from "./shared-state.js";

/** What a worker is started with. */
export interface WorkerInput {
  /** From 1: the worker's row in the shared tables. */
  readonly number: number;
  readonly vfs: VfsDescription;
  readonly ownership: Ownership;
  readonly passthrough: boolean;
  readonly shared: SharedMemory;
  readonly openTable: SharedArrayBuffer;
  readonly accesses: SharedArrayBuffer;
}

/** A kernel request by its number, in two words. */
export interface RequestId {
  readonly uniqueLow: number;
  readonly uniqueHigh: number;
}

/** A READ that must wait for an origin. */
export interface LateRead extends RequestId {
  readonly kind: "read";
  readonly ino: number;
  readonly revision: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** A LOOKUP in a directory whose names are made when they are looked up. */
export interface LateLookup extends RequestId {
  readonly kind: "lookup";
  readonly parentIno: number;
  readonly name: string;
}

/** An OPEN that found another file than the catalogue says. */
export interface LateOpen extends RequestId {
  readonly kind: "open";
  readonly ino: number;
}

/** What a worker tells the main thread. */
export type WorkerMessage =
  | LateRead
  | LateLookup
  | LateOpen
  | (RequestId & { readonly kind: "interrupt" })
  /** A read was answered from the content store, and what follows is worth fetching. */
  | {
      readonly kind: "ahead";
      readonly ino: number;
      readonly revision: number;
      readonly offsetBytes: number;
      readonly lengthBytes: number;
    }
  /** The last reader of a file of the content store that did not pass through has closed it. */
  | { readonly kind: "closed"; readonly ino: number; readonly revision: number }
  /** The VFS is open, and the worker waits for the mount. */
  | { readonly kind: "ready" }
  /** The kernel has been answered its INIT. */
  | { readonly kind: "initialized" }
  /** A request failed in a way that is nobody's errno. */
  | { readonly kind: "fault"; readonly request: string; readonly message: string }
  /** The worker leaves, because it was told to or because the kernel hung up. */
  | { readonly kind: "left"; readonly disconnected: boolean };
