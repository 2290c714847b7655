import assert from "node:assert/strict";
import { test } from "node:test";
import { mountFuse } from "../../../plugins/mount-fuse/index.js";

test("the defaults, and an octal umask in each form", () => {
  const { workers, passthrough, allowOther, umask } = mountFuse().options as Record<string, unknown>;
  assert.deepEqual([workers, passthrough, allowOther, umask], [2, true, false, 0o022]);
  for (const given of ["077", "0o077", 0o077]) {
    assert.equal((mountFuse({ umask: given }).options as { umask: number }).umask, 0o077);
  }
});

test("what cannot be is refused, each with its own problem", () => {
  const { problems } = mountFuse({ workers: 9, umask: "089", uid: -1, readAheadKib: 1.5 });
  assert.deepEqual(problems.map(({ path }) => path[0]).sort(), ["readAheadKib", "uid", "umask", "workers"]);
  assert.equal(mountFuse({ worker: 2 } as object).problems.length, 1);
});
