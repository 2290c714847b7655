import type { ListingBatch, OriginCapacity, OriginErrorKind, OriginFile, OriginSettings } from "musicfs";

/** What the child process is asked; it does nothing else. */
export type Ask =
  | { readonly call: "list"; readonly paths?: readonly string[] }
  | { readonly call: "stat"; readonly path: string }
  | {
      readonly call: "read";
      readonly file: OriginFile;
      readonly offsetBytes: number;
      readonly lengthBytes: number;
    }
  | { readonly call: "capacity" };

export type ToChild =
  | { readonly id: number; readonly ask: Ask }
  /** A batch was taken: the next one may come. */
  | { readonly id: number; readonly more: true }
  | { readonly id: number; readonly cancel: true };

export type FromChild =
  | { readonly id: number; readonly batch: ListingBatch }
  | { readonly id: number; readonly result: Uint8Array | OriginFile | OriginCapacity | undefined }
  | { readonly id: number; readonly error: CarriedError };

/** An error on its way between two processes. */
export interface CarriedError {
  readonly kind: OriginErrorKind;
  readonly message: string;
}

/** Of the child's command line: what it opens. */
export interface ChildOrder {
  readonly folder: string;
  readonly followSymlinks: boolean;
  readonly settings: OriginSettings;
}
