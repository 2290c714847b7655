import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DRIVERS } from "../support/mount-config.js";
import { AS_NOBODY, run } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const PROGRAM = fileURLToPath(new URL("fixtures/unprivileged.js", import.meta.url));

/**
 * Runs a command where everybody may open /dev/fuse, as it is on a desktop: in a mount namespace of its own,
 * so that nothing changes outside. Its first argument is a path for another device node.
 */
const WITH_DEVICE = `
  set -e
  mount --make-rprivate /
  mknod "$1" c 10 229
  chmod 666 "$1"
  mount --bind "$1" /dev/fuse
  shift
  exec "$@"
`;

for (const driver of DRIVERS) {
  test(`${driver}: the user nobody mounts, reads every file, and stops`, async (t) => {
    const reason = await reasonAgainst();
    if (reason !== undefined) return t.skip(reason);
    const command = [process.execPath, PROGRAM, driver];
    const node = join(temporaryFolder(t), "fuse");
    const inNamespace = ["unshare", "--mount", "sh", "-c", WITH_DEVICE, "sh", node, ...command];
    const { code, stderr } = await run(everybodyMayOpenFuse() ? command : inNamespace);
    assert.equal(code, 0, stderr);
  });
}

/** Why this can't be tried here, in words. */
async function reasonAgainst(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "only root may act as nobody";
  const canRead = await run([...AS_NOBODY, "test", "-r", PROGRAM]);
  if (canRead.code !== 0) return "nobody may not read the program";
  if (everybodyMayOpenFuse()) return undefined;
  const unshared = await run(["unshare", "--mount", "true"]);
  return unshared.code === 0 ? undefined : "nobody may not open /dev/fuse, and there are no mount namespaces";
}

function everybodyMayOpenFuse(): boolean {
  return (statSync("/dev/fuse").mode & 0o006) === 0o006;
}
