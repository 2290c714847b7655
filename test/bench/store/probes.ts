import { probe } from "../probes.js";

export interface FilesOrder {
  readonly paths: readonly string[];
}

export interface FilesResult {
  readonly bytes: number;
  readonly seconds: number;
}

export interface UsesOrder {
  readonly root: string;
  readonly file: string;
  readonly times: number;
  readonly seed: number;
}

/** Medians, in microseconds. */
export interface UsesResult {
  /** A read of 4 KiB at a random place. */
  readonly pageUs: number;
  /** A read of 1 MiB at a random place. */
  readonly seekUs: number;
  readonly statUs: number;
  /** A listing of the root. */
  readonly listUs: number;
  /** A listing of every folder, and a stat of every file. */
  readonly walkUs: number;
}

export function probeFiles(order: FilesOrder): Promise<FilesResult> {
  return probe("files", order) as Promise<FilesResult>;
}

export function probeUses(order: UsesOrder): Promise<UsesResult> {
  return probe("uses", order) as Promise<UsesResult>;
}
