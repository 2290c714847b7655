import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is removed when the test is over. */
export function temporaryFolder(t: { after(fn: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "musicfs-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
