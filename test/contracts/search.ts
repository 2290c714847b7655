import assert from "node:assert/strict";
import type { SearchDocument, SearchEngine } from "../../core/model/search-engine.js";
import type { ContractCase, ContractSubject } from "./contract.js";
import { noAbort, settledWithin } from "./deadline.js";
import { createRandom } from "./random.js";

export interface SearchSubject extends ContractSubject {
  /** An engine whose index is empty. */
  readonly engine: SearchEngine;
}

export type SearchCase = ContractCase<SearchSubject>;

/** Longest that one search of a few documents may take, in milliseconds: more is a query that hangs. */
const SEARCH_MS = 5_000;

/** The contract of a search engine. Each case starts with an empty index. */
export const searchContract: readonly SearchCase[] = [
  {
    name: "an empty index has no hits",
    async run({ engine }) {
      assert.deepEqual(await ids(engine, "lantern"), []);
    },
  },
  {
    name: "what was added is found by words of its title, artist and album, in any case",
    async run({ engine }) {
      await engine.update(LIBRARY, [], noAbort());
      assert.deepEqual(await ids(engine, "keeper"), [3]);
      assert.deepEqual(await ids(engine, "KEEPER"), [3]);
      assert.deepEqual((await ids(engine, "marrow")).sort(), [1, 2, 3]);
      assert.deepEqual((await ids(engine, "winter")).sort(), [4, 5]);
      assert.deepEqual(await ids(engine, "nowhere-to-be-found"), []);
    },
  },
  {
    name: "what was replaced is found by its new words only",
    async run({ engine }) {
      await engine.update(LIBRARY, [], noAbort());
      await engine.update([document(3, "Somebody Else's Daughter", "Marrow & Finch", "Salt")], [], noAbort());
      assert.deepEqual(await ids(engine, "keeper"), []);
      assert.deepEqual(await ids(engine, "somebody"), [3]);
    },
  },
  {
    name: "what was removed is not found, and removing it again is no error",
    async run({ engine }) {
      await engine.update(LIBRARY, [], noAbort());
      await engine.update([], [1, 2, 999], noAbort());
      await engine.update([], [1, 2, 999], noAbort());
      assert.deepEqual(await ids(engine, "marrow"), [3]);
    },
  },
  {
    name: "there are never more hits than asked for, no id comes twice, and the best come first",
    async run({ engine }) {
      const many = Array.from({ length: 500 }, (_, index) =>
        document(index + 1, `Take ${index}`, "Same", "X"),
      );
      await engine.update(many, [], noAbort());
      for (const limit of [1, 2, 10, 499, 500, 1000]) {
        const hits = await engine.search("same", limit, noAbort());
        assert.equal(hits.length, Math.min(limit, many.length));
        assert.equal(new Set(hits.map(({ id }) => id)).size, hits.length);
        hits.forEach(({ score }, index) => {
          assert.ok(Number.isFinite(score) && score <= (hits[index - 1]?.score ?? score), `score ${score}`);
        });
      }
    },
  },
  {
    name: "a letter is found however its accent is composed",
    async run({ engine }) {
      await engine.update(
        [document(1, "Caf\u00e9 Noir", "A", "B"), document(2, "Cafe\u0301 Blanc", "A", "B")],
        [],
        noAbort(),
      );
      for (const query of ["caf\u00e9", "cafe\u0301", "CAF\u00c9"]) {
        assert.deepEqual((await ids(engine, query)).sort(), [1, 2], JSON.stringify(query));
      }
    },
  },
  {
    name: "words without blanks between them are found",
    async run({ engine }) {
      await engine.update(LIBRARY, [], noAbort());
      assert.deepEqual(await ids(engine, "夜の海"), [6]);
    },
  },
  {
    name: "no query makes it hang, or throw anything but an Error",
    async run({ engine }) {
      await engine.update(LIBRARY, [], noAbort());
      for (const query of hostileQueries()) {
        const search = (async () => engine.search(query, 10, noAbort()))();
        const answer = settledWithin(SEARCH_MS, `the query ${JSON.stringify(query.slice(0, 80))}`, search);
        const hits = await answer.catch((error: unknown) => {
          assert.ok(error instanceof Error, `it threw ${error}`);
          assert.doesNotMatch(error.message, /had not settled/);
          return [];
        });
        assert.ok(hits.length <= 10);
      }
      assert.deepEqual(await ids(engine, "keeper"), [3]);
    },
  },
  {
    name: "documents with hostile texts are taken",
    async run({ engine }) {
      const documents = hostileQueries().map((text, index) => document(index + 10, text, text, text));
      await engine.update(documents, [], noAbort());
      await engine.update(LIBRARY, [], noAbort());
      assert.deepEqual(await ids(engine, "keeper"), [3]);
    },
  },
  {
    name: "an aborted signal is heard",
    async run({ engine }) {
      const reason = new Error("never mind");
      const calls = [
        async () => engine.search("x", 1, AbortSignal.abort(reason)),
        async () => engine.update(LIBRARY, [], AbortSignal.abort(reason)),
      ];
      for (const call of calls) await assert.rejects(call, (error) => error === reason);
    },
  },
];

const LIBRARY: readonly SearchDocument[] = [
  document(1, "Tide Table", "Marrow & Finch", "Salt Lanterns"),
  document(2, "Harbour Lights", "Marrow & Finch", "Salt Lanterns"),
  document(3, "The Keeper's Daughter", "Marrow & Finch", "Salt Lanterns"),
  document(4, "Thaw", "Ilse Varga Trio", "Winter Rooms"),
  document(5, "Two Chairs", "Ilse Varga Trio", "Winter Rooms"),
  document(6, "灯", "霧の灯台", "夜の海"),
];

function document(id: number, title: string, artist: string, album: string): SearchDocument {
  const none = { genre: "", composer: "", label: "", comment: "" };
  return { id, title, artist, albumArtist: artist, album, ...none, path: `${id}.flac`, year: 1973 };
}

async function ids(engine: SearchEngine, query: string): Promise<number[]> {
  return (await engine.search(query, 1000, noAbort())).map(({ id }) => id);
}

function hostileQueries(): string[] {
  const random = createRandom(40);
  const syntax = Array.from({ length: 200 }, () =>
    Array.from({ length: random.below(30) }, () =>
      random.pick([...`"'()[]{}*?~^:+-/\\|&!<>=,. ab`, " AND ", " OR "]),
    ).join(""),
  );
  return [
    "",
    " ",
    "\0",
    '"',
    '"unclosed',
    "(((((",
    "title:",
    "nofield:x",
    "*",
    "a*b*c*",
    "NOT",
    "AND OR NOT",
    "[a TO",
    "/(a+)+$/",
    "x~99999999999",
    "\ud800",
    "' OR 1=1 --",
    "%_%",
    "a".repeat(100_000),
    "(".repeat(10_000),
    "word ".repeat(10_000),
    ...syntax,
  ];
}
