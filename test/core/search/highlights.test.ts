import assert from "node:assert/strict";
import { test } from "node:test";
import { highlightsOf } from "../../../core/search/highlights.js";
import { parseQuery } from "../../../core/search/query.js";

const cases: readonly (readonly [text: string, query: string, meant: readonly string[]])[] = [
  ["Salt Lanterns", "lanterns", ["Lanterns"]],
  ["Salt Lanterns", "lant*", ["Lanterns"]],
  ["Salt Lanterns", "lanturns~1 salt", ["Salt", "Lanterns"]],
  ["Lux Æterna", "aeterna", ["Æterna"]],
  ["Cafe\u0301 Noir", "café", ["Cafe\u0301"]],
  ["The Keeper's Daughter", "keeper", ["Keeper's"]],
  ["Salt Water", "salt -water", ["Salt"]],
  ["Salt Water", "artist:salt", []],
  ["Salt Water", "title:salt", ["Salt"]],
  ["Tide Table", '"tide tab"*', ["Tide", "Table"]],
  ["1984", "year:1984", []],
  ["夜の海", "海", ["夜の海"]],
  ["A 🎵 B", "b", ["B"]],
  ["", "b", []],
];

for (const [text, query, meant] of cases) {
  test(`of '${text}', '${query}' meant ${meant.join(", ") || "nothing"}`, () => {
    const pieces = highlightsOf(text, parseQuery(query), "title");
    assert.deepEqual(
      pieces.map(({ start, length }) => text.slice(start, start + length)),
      meant,
    );
  });
}
