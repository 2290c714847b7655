import assert from "node:assert/strict";
import { test } from "node:test";
import { mostPlayed, query, recentlyAdded, recentlyPlayed } from "musicfs";
import { readCollectionEntries } from "../../../core/config/collection-entries.js";

function problemOf(name: string, entry: unknown): string {
  const { problems } = readCollectionEntries({ [name]: entry });
  return problems.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n");
}

test("collections of a script and those of plain data come to the same", () => {
  const { collections, problems } = readCollectionEntries({
    "Recently Added": recentlyAdded({ days: 7, limit: 5 }),
    Played: mostPlayed(),
    Lately: recentlyPlayed(),
    "The 80s": query("year:[1980 TO 1989]"),
    "The 90s": "year:[1990 TO 1999]",
    Plain: { "most-played": { limit: 7 } },
    Plainer: { "recently-added": null },
    Off: false,
    "Off, too": undefined,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    collections.map(({ name, collection: { kind, limit, query: text } }) => [name, kind, limit, text]),
    [
      ["Recently Added", "recently-added", 5, undefined],
      ["Played", "most-played", 200, undefined],
      ["Lately", "recently-played", 200, undefined],
      ["The 80s", "query", 200, "year:[1980 TO 1989]"],
      ["The 90s", "query", 200, "year:[1990 TO 1999]"],
      ["Plain", "most-played", 7, undefined],
      ["Plainer", "recently-added", 200, undefined],
    ],
  );
});

test("what is wrong with a collection is told with its place", () => {
  assert.match(problemOf("a/b", "x"), /^collections\.a\/b: 'a_b' could be the name of a folder/);
  assert.match(problemOf("", "x"), /needs a name/);
  assert.match(problemOf("x".repeat(300), "x"), /200 bytes/);
  assert.match(problemOf("Q", "artist:(x"), /collections\.Q: /);
  assert.match(problemOf("Q", { "most-playd": {} }), /did you mean 'most-played'\?/);
  assert.match(problemOf("Q", { "most-played": { limit: 0 } }), /limit/);
  assert.match(problemOf("Q", { "recently-added": { day: 3 } }), /day/);
  for (const entry of [5, [], { kind: "x" }, { kind: "x", limit: 5000, select: () => [] }]) {
    assert.notEqual(problemOf("Q", entry), "", JSON.stringify(entry));
  }
  const { problems } = readCollectionEntries({ One: "x", one: "y" });
  assert.match(problems[0]?.message ?? "", /but for its case/);
});

test("a factory refuses options that it does not know, and an empty query", () => {
  assert.throws(() => recentlyAdded({ days: -1 }), /recentlyAdded\(\): days/);
  assert.throws(() => mostPlayed({ max: 3 } as object), TypeError);
  assert.throws(() => query(" "), { code: "MFS_QUERY_INVALID" });
  assert.throws(() => query("(x"), { code: "MFS_QUERY_INVALID" });
});
