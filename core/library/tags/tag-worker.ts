/** The entry of a worker thread that reads tags for a `TagPool`. */
import { closeSync, readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { openLocal } from "../../content/open-local.js";
import type { LocalAccess } from "../../model/origin.js";
import { BlockPool, ReadFailedError, ReadTimeoutError } from "./block-reader.js";
import { Lanes } from "./lanes.js";
import { failedReading, readTags, type TagReading } from "./read-tags.js";
import { NO_TICKET, type TagWorkerData, TIMED_OUT, type ToPool, type ToWorker } from "./tag-messages.js";
import type { TagJob, TagResult } from "./tag-pool.js";
import { problemOf } from "./tag-problem.js";

interface WaitingRange {
  readonly ticket: number;
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

/** Results go out in groups, so that little is read again when a file ends this thread. */
const GROUP = 16;

const { lyrics, ...shared } = workerData as TagWorkerData;
const progress = new Int32Array(shared.progress);
const blocks = new BlockPool();
const lanes = new Lanes();
const ranges = new Map<number, WaitingRange>();
let lastRangeId = 0;
// Each begins when the one before has begun all of its files.
let batches = Promise.resolve();

parentPort?.on("message", (message: ToWorker) => {
  if (message.kind === "batch") {
    batches = batches.then(() => readBatch(message.firstTicket, message.jobs));
    return;
  }
  const waiting = ranges.get(message.rangeId);
  if (!waiting) return;
  ranges.delete(message.rangeId);
  workAt(waiting.ticket);
  if (message.kind === "range") waiting.resolve(message.bytes);
  else waiting.reject(failureOf(message.code, message.message));
});

function failureOf(code: string, message: string): Error {
  return code === TIMED_OUT
    ? new ReadTimeoutError(message)
    : Object.assign(new ReadFailedError(message), { code });
}

// Until the turn of the event loop is over: whoever waits for bytes keeps nothing busy.
function workAt(ticket: number): void {
  Atomics.store(progress, 0, ticket);
  setImmediate(() => Atomics.compareExchange(progress, 0, ticket, NO_TICKET));
}

async function readBatch(firstTicket: number, jobs: readonly TagJob[]): Promise<void> {
  if (jobs.every(({ local }) => local)) return readLocalBatch(firstTicket, jobs);
  for (const [index, job] of jobs.entries()) {
    await lanes.run(async () => {
      const ticket = firstTicket + index;
      workAt(ticket);
      const reading = await (job.local ? readLocal(job, job.local) : readRemote(job, ticket));
      send({ kind: "results", firstTicket: ticket, results: [{ id: job.id, ...reading }] });
    });
  }
}

async function readLocalBatch(firstTicket: number, jobs: readonly TagJob[]): Promise<void> {
  for (let from = 0; from < jobs.length; from += GROUP) {
    const results: TagResult[] = [];
    for (const [index, job] of jobs.slice(from, from + GROUP).entries()) {
      const ticket = firstTicket + from + index;
      Atomics.store(progress, 0, ticket);
      results.push({ id: job.id, ...(await readLocal(job, job.local as LocalAccess)) });
    }
    send({ kind: "results", firstTicket: firstTicket + from, results });
  }
  Atomics.store(progress, 0, NO_TICKET);
}

async function readLocal({ path }: TagJob, { root, followSymlinks }: LocalAccess): Promise<TagReading> {
  let fd: number | undefined;
  try {
    const opened = openLocal(root, path, followSymlinks);
    fd = opened.fd;
    return await readTags({ name: path, sizeBytes: opened.stat.size, readAt: readerOf(fd) }, blocks, lyrics);
  } catch (error) {
    return failedReading({ ...problemOf(error), code: "unreadable" });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function readerOf(fd: number) {
  return (offset: number, length: number, into: Uint8Array): Uint8Array => {
    let done = 0;
    while (done < length) {
      const count = readSync(fd, into, done, length - done, offset + done);
      if (count === 0) throw new ReadFailedError("the file became shorter while it was read");
      done += count;
    }
    return into.subarray(0, length);
  };
}

function readRemote({ path, sizeBytes }: TagJob, ticket: number): Promise<TagReading> {
  const readAt = (offsetBytes: number, lengthBytes: number) =>
    new Promise<Uint8Array>((resolve, reject) => {
      const rangeId = ++lastRangeId;
      ranges.set(rangeId, { ticket, resolve, reject });
      send({ kind: "read-range", ticket, rangeId, offsetBytes, lengthBytes });
    });
  return readTags({ name: path, sizeBytes, readAt }, blocks, lyrics);
}

function send(message: ToPool): void {
  parentPort?.postMessage(message);
}
