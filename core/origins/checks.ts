import { randomInt } from "node:crypto";
import { messageOf } from "../errors.js";
import type { Origin, OriginFile } from "../model/origin.js";
import { pause, within } from "./within.js";

/** One promise of an origin that can be looked at without writing to it. */
export interface OriginCheck {
  /** A sentence that is true of an origin that keeps it. */
  readonly name: string;
  /** @returns why it could not be looked at, in words; @throws what says how it is broken. */
  run(subject: CheckSubject): Promise<string | undefined>;
}

export interface CheckSubject {
  readonly origin: Origin;
  /** Some files that it lists, and the biggest of them first. */
  readonly files: readonly OriginFile[];
  readonly signal: AbortSignal;
}

/** What came of one check. */
export interface CheckResult {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** How it is broken, or why it could not be looked at. */
  readonly detail?: string;
  readonly tookMs: number;
}

/** Files of the listing that are looked at. */
const MAX_FILES = 2000;
const STATS = 16;
const PARALLEL = 64;
const RANGE_BYTES = 64 * 1024;
const WHOLE_BYTES = 4 * 1024 * 1024;
const CHECK_MS = 60_000;
const ABORT_MS = 1000;

/** The checks, which only read. */
export const originChecks: readonly OriginCheck[] = [
  {
    name: "a look at it goes well",
    async run({ origin, signal }) {
      if (!origin.probe) return "it has no look of its own";
      await origin.probe(signal);
      return undefined;
    },
  },
  {
    name: "paths are relative, and each is listed once",
    async run({ files }) {
      const bad = files.find(({ path }) => path.startsWith("/") || path.split("/").some(isOdd));
      if (bad) throw new Error(`'${bad.path}' is no path below its root`);
      const paths = new Set(files.map(({ path }) => path));
      if (paths.size < files.length) throw new Error(`${files.length - paths.size} are listed twice`);
      return undefined;
    },
  },
  {
    name: "a look at a file says what the listing says",
    async run({ origin, files, signal }) {
      if (files.length === 0) return "it has no files";
      for (const file of files.slice(0, STATS)) {
        const found = await origin.stat(file.path, signal);
        const isSame =
          found?.sizeBytes === file.sizeBytes &&
          found.mtimeMs === file.mtimeMs &&
          found.version === file.version;
        if (!isSame)
          throw new Error(
            `'${file.path}' is ${JSON.stringify(found)}, and listed as ${JSON.stringify(file)}`,
          );
      }
      return undefined;
    },
  },
  {
    name: "a file that is not there is no error",
    async run({ origin, signal }) {
      const path = `musicfs-no-such-file-${randomInt(2 ** 40)}.flac`;
      const found = await origin.stat(path, signal);
      if (found) throw new Error(`it has '${path}'`);
      return undefined;
    },
  },
  {
    name: "ranges in any order make up the whole",
    run: (subject) =>
      ofBiggest(subject, async (file, read) => {
        const size = Math.min(file.sizeBytes, WHOLE_BYTES);
        const whole = await read(0, size);
        for (const [from, to] of shuffledRanges(size)) {
          if (!whole.subarray(from, to).equals(await read(from, to - from)))
            throw new Error(`bytes ${from} to ${to} differ`);
        }
      }),
  },
  {
    name: `${PARALLEL} reads at once give each its own bytes`,
    run: (subject) =>
      ofBiggest(subject, async (file, read) => {
        const length = Math.min(RANGE_BYTES, file.sizeBytes);
        const offsets = Array.from({ length: PARALLEL }, () => randomInt(file.sizeBytes - length + 1));
        const found = await Promise.all(offsets.map((offset) => read(offset, length)));
        for (const [index, offset] of offsets.entries()) {
          const again = await read(offset, length);
          if (!found[index]?.equals(again)) throw new Error(`bytes at ${offset} differ`);
        }
      }),
  },
  {
    name: "a range that ends behind the file ends with it",
    run: (subject) =>
      ofBiggest(subject, async (file, read) => {
        const from = Math.max(0, file.sizeBytes - 100);
        const bytes = await read(from, 1000);
        if (bytes.length !== file.sizeBytes - from) throw new Error(`${bytes.length} bytes came`);
      }),
  },
  {
    name: "another version than the one that is there is noticed",
    run: (subject) =>
      ofBiggest(subject, async (file) => {
        const version = file.version === undefined ? {} : { version: '"another"' };
        const other = {
          ...file,
          ...version,
          mtimeMs: file.mtimeMs - 86_400_000,
          sizeBytes: file.sizeBytes + 1,
        };
        const bytes = await subject.origin.read(other, 0, 1000, subject.signal).catch(() => undefined);
        if (bytes) throw new Error("it gave bytes of a version that it does not have");
      }),
  },
  {
    name: "whoever goes away is let go within a second",
    run: (subject) =>
      ofBiggest(subject, async (file) => {
        const controller = new AbortController();
        const length = Math.min(file.sizeBytes, WHOLE_BYTES);
        const reading = subject.origin.read(file, 0, length, controller.signal).catch(() => undefined);
        controller.abort(new Error("gone"));
        const isLate = await Promise.race([
          reading.then(() => false),
          pause(ABORT_MS, subject.signal).then(() => true),
        ]);
        if (isLate) throw new Error("the read goes on");
      }),
  },
];

/** Runs all checks, one after the other. The first result is that of the listing, without which there are no others. */
export async function* checkOrigin(origin: Origin, signal: AbortSignal): AsyncGenerator<CheckResult> {
  const files: OriginFile[] = [];
  const listing: OriginCheck = {
    name: "it can be listed",
    async run() {
      for await (const batch of origin.list(signal)) {
        files.push(...batch.files);
        if (files.length >= MAX_FILES) break;
      }
      files.sort((a, b) => b.sizeBytes - a.sizeBytes);
      return undefined;
    },
  };
  const subject = { origin, files, signal };
  const listed = await check(listing, subject);
  yield listed;
  if (listed.outcome === "failed") return;
  for (const each of originChecks) yield await check(each, subject);
}

async function check({ name, run }: OriginCheck, subject: CheckSubject): Promise<CheckResult> {
  const beganMs = performance.now();
  const late = () => new Error(`it took longer than ${CHECK_MS / 1000} s`);
  const result = await within(CHECK_MS, late, subject.signal, (signal) => run({ ...subject, signal })).then(
    (reason) =>
      reason === undefined
        ? ({ outcome: "passed" } as const)
        : ({ outcome: "skipped", detail: reason } as const),
    (error) => {
      subject.signal.throwIfAborted();
      return { outcome: "failed", detail: messageOf(error) } as const;
    },
  );
  return { name, ...result, tookMs: performance.now() - beganMs };
}

async function ofBiggest(
  { origin, files, signal }: CheckSubject,
  use: (file: OriginFile, read: (offset: number, length: number) => Promise<Buffer>) => Promise<void>,
): Promise<string | undefined> {
  const [file] = files;
  if (!file || file.sizeBytes === 0) return "it has no file with anything in it";
  await use(file, async (offset, length) => Buffer.from(await origin.read(file, offset, length, signal)));
  return undefined;
}

function isOdd(segment: string): boolean {
  return segment === "" || segment === "." || segment === "..";
}

function shuffledRanges(sizeBytes: number): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  for (let from = 0; from < sizeBytes; ) {
    const to = Math.min(sizeBytes, from + 1 + randomInt(512 * 1024));
    ranges.splice(randomInt(ranges.length + 1), 0, [from, to]);
    from = to;
  }
  return ranges;
}
