/** The entry of the thread that cuts, hashes and punches for the store. */
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { crc32 } from "node:zlib";
import type { Chunker, ChunkerSource } from "../model/chunker.js";
import { BLOCK_BYTES } from "./block-set.js";
import { loadChunker } from "./load-chunker.js";
import { hashOfChunk, Manifest, ManifestWriter, PAGE_BYTES } from "./manifest.js";
import { punchHole } from "./punch-hole.js";
import type {
  CheckJob,
  CheckResult,
  CutJob,
  CutResult,
  FromStoreThread,
  PunchJob,
  PunchResult,
  StoreJob,
  StoreResult,
  ToStoreThread,
} from "./store-messages.js";

/** What is read in one go. */
const STEP_BYTES = 1024 * 1024;

const chunkers = new Map<string, Promise<Chunker>>();
let buffer = new Uint8Array(2 * STEP_BYTES);
let jobs = Promise.resolve();

parentPort?.on("message", ({ id, job }: ToStoreThread) => {
  jobs = jobs.then(() => work(id, job));
});

async function work(id: number, job: StoreJob): Promise<void> {
  try {
    send({ id, result: await resultOf(job) });
  } catch (error) {
    send({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

function resultOf(job: StoreJob): StoreResult | Promise<StoreResult> {
  if (job.kind === "cut") return cut(job);
  return job.kind === "check" ? check(job) : punch(job);
}

async function cut({ fd, sizeBytes, sums, chunker: source }: CutJob): Promise<CutResult> {
  const chunker = await chunkerOf(source);
  const manifest = new ManifestWriter();
  const wrong: number[] = [];
  reserveBuffer(chunker.maxBytes + STEP_BYTES);
  // `buffer[0..held)` is what is read and not yet cut; it is read from `readTo` on, always at a block's start.
  let held = 0;
  for (let readTo = 0; readTo < sizeBytes || held > 0; ) {
    const wanted = Math.min(STEP_BYTES, sizeBytes - readTo);
    if (wanted > 0) {
      const bytes = buffer.subarray(held, held + wanted);
      readExactly(fd, bytes, readTo);
      if (sums) compareSums(bytes, readTo / BLOCK_BYTES, sums, wrong);
      readTo += wanted;
      held += wanted;
    }
    const isAtEnd = readTo === sizeBytes;
    let from = 0;
    while (held - from > 0 && (isAtEnd || held - from >= chunker.maxBytes)) {
      const length = chunker.cut(buffer, from, held);
      if (!(length >= 1 && length <= Math.min(held - from, chunker.maxBytes)))
        throw new Error(`the chunker '${chunker.id}' cut at ${length}`);
      manifest.add(length, hashOfChunk(buffer.subarray(from, from + length)));
      from += length;
    }
    buffer.copyWithin(0, from, held);
    held -= from;
  }
  return { manifest: manifest.finish(), wrong };
}

function check({ fd, manifest: bytes, except }: CheckJob): CheckResult {
  const manifest = new Manifest(bytes);
  const left = new Set(except);
  const wrong: number[] = [];
  for (let chunk = 0; chunk < manifest.count; chunk += 1) {
    if (left.has(chunk)) continue;
    const { offsetBytes, lengthBytes } = manifest.range(chunk);
    if (!isGood(fd, offsetBytes, lengthBytes, manifest.hash(chunk))) wrong.push(chunk);
  }
  return { wrong };
}

// The other copy is looked at before this one goes.
function punch({ fd, shared }: PunchJob): PunchResult {
  const good = shared.filter(({ holderFd, holderOffsetBytes, lengthBytes, hash }) =>
    isGood(holderFd, holderOffsetBytes, lengthBytes, hash),
  );
  let freedBytes = 0;
  for (const { from, to } of runsOf(good)) {
    const start = Math.ceil(from / PAGE_BYTES) * PAGE_BYTES;
    const length = Math.floor(to / PAGE_BYTES) * PAGE_BYTES - start;
    if (length <= 0) continue;
    if (!punchHole(fd, start, length)) return { isPossible: false, good: [], freedBytes };
    freedBytes += length;
  }
  return { isPossible: true, good: good.map(({ chunk }) => chunk), freedBytes };
}

function* runsOf(
  chunks: readonly { readonly offsetBytes: number; readonly lengthBytes: number }[],
): Generator<{ from: number; to: number }> {
  let run: { from: number; to: number } | undefined;
  for (const { offsetBytes, lengthBytes } of chunks) {
    if (run && run.to === offsetBytes) {
      run.to += lengthBytes;
      continue;
    }
    if (run) yield run;
    run = { from: offsetBytes, to: offsetBytes + lengthBytes };
  }
  if (run) yield run;
}

function isGood(fd: number, offsetBytes: number, lengthBytes: number, hash: Uint8Array): boolean {
  reserveBuffer(lengthBytes);
  const bytes = buffer.subarray(0, lengthBytes);
  try {
    readExactly(fd, bytes, offsetBytes);
  } catch {
    return false;
  }
  return hashOfChunk(bytes).equals(hash);
}

function compareSums(bytes: Uint8Array, firstBlock: number, sums: Uint32Array, wrong: number[]): void {
  for (let at = 0, block = firstBlock; at < bytes.length; at += BLOCK_BYTES, block += 1) {
    if (crc32(bytes.subarray(at, at + BLOCK_BYTES)) !== sums[block]) wrong.push(block);
  }
}

function readExactly(fd: number, bytes: Uint8Array, offsetBytes: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(fd, bytes, done, bytes.length - done, offsetBytes + done);
    if (count === 0) throw new Error("the blob is shorter than it should be");
    done += count;
  }
}

function reserveBuffer(bytes: number): void {
  if (buffer.length < bytes) buffer = new Uint8Array(bytes);
}

function chunkerOf(source: ChunkerSource): Promise<Chunker> {
  const key = JSON.stringify(source);
  const known = chunkers.get(key) ?? loadChunker(source);
  chunkers.set(key, known);
  return known;
}

function send(message: FromStoreThread): void {
  parentPort?.postMessage(message);
}
