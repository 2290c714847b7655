import assert from "node:assert/strict";
import type { Origin, OriginChanges } from "../../core/model/origin.js";
import { ABORT_MS, noAbort, settledWithin } from "./deadline.js";
import { expectedFile, listAll, type OriginCase } from "./origin-subject.js";
import { createRandom } from "./random.js";

/** Time that the news of a change may take, in milliseconds: a file has to settle, and a server to be asked. */
const NEWS_MS = 30_000;

/** What holds of listings of some paths only, and of `watch` where there is one. */
export const changeCases: readonly OriginCase[] = [
  {
    name: "a listing of some paths has these files, and all that is below these folders",
    async run({ origin, expected }) {
      const nested = expected.find(({ path }) => path.includes("/"))?.path ?? "";
      const folder = nested.slice(0, nested.indexOf("/"));
      const wanted = expected
        .map(({ path }) => path)
        .filter((path) => path === "plain.flac" || path.startsWith(`${folder}/`));
      const listed = await pathsListed(origin, [folder, "plain.flac"]);
      if (listed.length < expected.length) assert.deepEqual(listed, wanted.sort());
      // One that cannot do that lists everything, once.
      else assert.deepEqual(listed, expected.map(({ path }) => path).sort());
      const whole = new Map((await listAll(origin)).map((file) => [file.path, file]));
      for await (const { files } of origin.list(noAbort(), ["plain.flac"]))
        for (const file of files) assert.deepEqual(file, whole.get(file.path), file.path);
    },
  },
  {
    name: "a listing of a path that does not exist, or no longer, is no error and does not show it",
    async run({ origin, expected, remove }) {
      const { path } = expected.find((file) => file.path.includes("/")) ?? { path: "" };
      await remove(path);
      const gone = [path, "no such folder", "no such file.mp3", "plain.flac/below it"];
      for (const paths of [gone, ...gone.map((each) => [each])]) {
        const listed = await pathsListed(origin, paths);
        const isWhole = listed.length === expected.length - 1;
        assert.ok(listed.length === 0 || isWhole, `${paths}: ${listed.join(", ")}`);
        assert.ok(!listed.includes(path), path);
      }
    },
  },
  {
    name: "a listing of some paths is an error where the root is missing, never an empty listing",
    async run({ openMissing, expected }) {
      const origin = await openMissing();
      try {
        const paths = [expected[0]?.path ?? ""];
        await assert.rejects(() => pathsListed(origin, paths), "a listing of nothing ended well");
      } finally {
        await origin.close?.();
      }
    },
  },
  {
    name: "watching tells of files that changed and went, from its first word on, until it is ended",
    async run(subject) {
      const { origin, expected } = subject;
      if (!origin.watch) return;
      const controller = new AbortController();
      const changes = origin.watch(controller.signal)[Symbol.asyncIterator]();
      await settledWithin(NEWS_MS, "the first word of a watch", changes.next());
      const { path, bytes } = expectedFile(subject, "plain.flac");
      await subject.replace(path, createRandom(9).bytes(bytes.length + 7));
      await settledWithin(NEWS_MS, `the news of '${path}', which changed`, toldOf(changes, path));
      const other = expected.find((file) => file.path !== path)?.path ?? "";
      await subject.remove(other);
      await settledWithin(NEWS_MS, `the news of '${other}', which went`, toldOf(changes, other));
      const reason = new Error("enough");
      const ended = untilEnd(changes).catch((error: unknown) => assert.equal(error, reason));
      controller.abort(reason);
      await settledWithin(ABORT_MS, "a watch that was aborted", ended);
    },
  },
];

async function pathsListed(origin: Origin, paths: readonly string[]): Promise<string[]> {
  const listed: string[] = [];
  for await (const { files } of origin.list(noAbort(), paths)) listed.push(...files.map(({ path }) => path));
  return listed.sort();
}

async function toldOf(changes: AsyncIterator<OriginChanges>, path: string): Promise<void> {
  for (;;) {
    const { value, done } = await changes.next();
    assert.ok(!done, `the watch ended before it told of '${path}'`);
    const paths: readonly string[] = value.paths;
    if (paths.some((told) => told === "" || told === path || path.startsWith(`${told}/`))) return;
  }
}

async function untilEnd(changes: AsyncIterator<OriginChanges>): Promise<void> {
  while (!(await changes.next()).done);
}
