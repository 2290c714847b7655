import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const PARENT = fileURLToPath(new URL("./orphan-parent.js", import.meta.url));

test("the search process ends with the one that started it, also when it hangs at that moment", async (t) => {
  for (const isHanging of [false, true]) {
    const env = { ...process.env, TMPDIR: temporaryFolder(t) };
    const parent = spawn(process.execPath, [PARENT], { stdio: ["ignore", "pipe", "inherit"], env });
    t.after(() => parent.kill("SIGKILL"));
    const [output] = await once(parent.stdout, "data");
    const pid = Number(String(output).trim());
    assert.ok(pid > 0, String(output));
    if (isHanging) process.kill(pid, "SIGSTOP");
    parent.kill("SIGKILL");
    await once(parent, "exit");
    if (isHanging) process.kill(pid, "SIGCONT");
    await until("the search process is gone", async () => (isGone(pid) ? true : undefined));
  }
});

// Nobody may be there to take note of its end.
function isGone(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return true;
  try {
    return /^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}
