import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// npm passes over an optional package whose `engines` exclude the running Node, and this one's exclude Node 20,
// on which it runs.
test("the lock file has tantivy's binary without the versions of Node that it asks for", () => {
  const lock = JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"));
  const entry = lock.packages["node_modules/@oxdev03/node-tantivy-binding-linux-x64-gnu"];
  assert.equal(entry?.optional, true);
  assert.ok(typeof entry.integrity === "string" && !("engines" in entry), JSON.stringify(entry));
});
