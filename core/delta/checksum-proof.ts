import { createHash, type Hash } from "node:crypto";
import type { OriginChecksum } from "../model/origin.js";
import { type FetchedVersion, KEPT_BYTES } from "./fetched-version.js";
import type { Graft } from "./graft.js";
import type { ByteRange, StoredVersion } from "./stored-version.js";

/** Bytes that are hashed before others get their turn. */
const SLICE_BYTES = 512 * 1024;

/**
 * Whether what a graft would make of a file comes to the checksum that its server has of it: the new version's own bytes around
 * the audio, and the audio of the version before.
 *
 * @param ask asks the server; only called where the answer can be compared.
 * @returns `undefined` where that is not so: not all of the audio is kept, its surroundings are too long to be kept until
 * somebody reads them, or the server has no checksum.
 * @throws what the reads of the new version throw.
 */
export async function checksumAgrees(
  { before, beforeFrom, from, to }: Graft,
  after: FetchedVersion,
  ask: () => Promise<OriginChecksum | undefined>,
): Promise<boolean | undefined> {
  const kept = { from: beforeFrom, to: beforeFrom + to - from };
  if (from + after.sizeBytes - to > KEPT_BYTES || !(await before.hasAll(kept))) return undefined;
  const said = await ask();
  if (!said) return undefined;
  const hash = createHash(said.algorithm);
  hash.update(await after.readWhole({ from: 0, to: from }));
  // What is damaged proves nothing, and is fetched in any case.
  if (!(await addKept(hash, before, kept))) return undefined;
  hash.update(await after.readWhole({ from: to, to: after.sizeBytes }));
  if (hash.digest().equals(said.digest)) return true;
  return said.isVersion && !(await isChecksum(before, said.algorithm)) ? undefined : false;
}

/** Whether what the server called the version before was a checksum of it: then it is one of the new version, too. */
async function isChecksum(before: StoredVersion, algorithm: string): Promise<boolean> {
  const hash = createHash(algorithm);
  if (!(await addKept(hash, before, { from: 0, to: before.sizeBytes }))) return false;
  return hash.digest("hex") === before.version.file.version?.replaceAll('"', "").toLowerCase();
}

async function addKept(hash: Hash, before: StoredVersion, { from, to }: ByteRange): Promise<boolean> {
  for (let at = from; at < to; at += SLICE_BYTES) {
    const bytes = await before.read({ from: at, to: Math.min(to, at + SLICE_BYTES) });
    if (!bytes) return false;
    hash.update(bytes);
  }
  return true;
}
