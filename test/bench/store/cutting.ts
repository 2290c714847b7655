import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { BenchContext } from "../context.js";
import type { Row } from "../rows.js";

/** placeholder until the engine's cutter is there */
export async function measureCutting({ options }: BenchContext, path: string): Promise<Row[]> {
  void options;
  void path;
  void readFileSync;
  void createHash;
  return [];
}
