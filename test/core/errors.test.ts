import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ERROR_KINDS, EXIT, isMusicfsError, MusicfsError, messageOf } from "../../core/errors.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("the README lists every code with its exit code, and no other", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| `(MFS_[A-Z_]+)` \| (\d+) \|/gmu)].map(([, code, exit]) => [
    code,
    Number(exit),
  ]);
  const kinds = Object.entries(ERROR_KINDS).map(([code, { exitCode }]) => [code, exitCode]);
  assert.deepEqual(rows, kinds);
});

test("the README lists every exit code", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| (\d+) \| /gmu)].map(([, exit]) => Number(exit));
  assert.deepEqual(rows, Object.values(EXIT));
});

test("every code is raised somewhere, and only codes of the table are", () => {
  const used = new Set<string>();
  for (const folder of ["core", "plugins"]) {
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || file === "errors.ts") continue;
      const source = readFileSync(join(ROOT, folder, file), "utf8");
      for (const [, code = ""] of source.matchAll(/"(MFS_[A-Z_]*[A-Z])"/gu)) used.add(code);
    }
  }
  assert.deepEqual([...used].sort(), Object.keys(ERROR_KINDS).sort());
});

test("each kind says what to do, in one line", () => {
  for (const [code, { hint }] of Object.entries(ERROR_KINDS)) {
    assert.match(hint, /^[A-Z][^\n]{10,110}\.$/u, code);
  }
});

test("an error is known as ours in another installed copy, and carries what its kind says", () => {
  const cause = new Error("inner");
  const error = new MusicfsError("MFS_ORIGIN_UNAVAILABLE", "the disk is away", { cause });
  assert.ok(isMusicfsError(error) && !isMusicfsError(new Error("x")) && !isMusicfsError(null));
  assert.equal(Symbol.for("musicfs.error") in error, true);
  assert.deepEqual(
    [error.exitCode, error.retryable, error.hint, error.cause],
    [EXIT.failure, true, ERROR_KINDS.MFS_ORIGIN_UNAVAILABLE.hint, cause],
  );
  assert.equal(new MusicfsError("MFS_USAGE", "x", { hint: "Type y." }).hint, "Type y.");
  assert.deepEqual(
    [messageOf(cause), messageOf("text"), messageOf(undefined)],
    ["inner", "text", "undefined"],
  );
});
