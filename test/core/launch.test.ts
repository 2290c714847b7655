import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LAUNCH_ENVIRONMENT, LAUNCH_FLAGS } from "../../core/launch.js";
import { run } from "../support/process.js";

const BIN = new URL("../../core/cli/bin.js", import.meta.url);

test("the command's first line starts it as everything else does", () => {
  const [first] = readFileSync(BIN, "utf8").split("\n");
  const environment = Object.entries(LAUNCH_ENVIRONMENT).map((entry) => entry.join("="));
  assert.equal(first, `#!/usr/bin/env -S ${[...environment, "node", ...LAUNCH_FLAGS].join(" ")}`);
});

test("this Node knows its flags", async () => {
  const { code, stderr } = await run([process.execPath, ...LAUNCH_FLAGS, "-e", ""]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});
