import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkRemoteMount, fillWithExamples, putIntoFolder } from "../mount/fixtures/remote-mount.js";
import { run } from "../support/process.js";
import { startSamba } from "../support/servers/samba.js";

/** SMB has no such names. */
const lacks = (path: string): boolean => /["\\]|[. ]\//u.test(path);

test("a share of Samba that is mounted by SMB is shown: its tree and bytes, its changes, and what is there when it is gone", async (t) => {
  const samba = await startSamba();
  t.after(() => samba.close());
  const put = putIntoFolder(samba.root);
  await fillWithExamples(put, lacks);
  // Not removed with what is below it: it may still be mounted.
  const share = mkdtempSync(join(tmpdir(), "musicfs-smb-"));
  t.after(async () => {
    await run(["fusermount3", "-uz", share]);
    rmdirSync(share);
  });
  await checkRemoteMount(t, {
    port: samba.port,
    origin: (port) => {
      mountShare(port, samba.user, share);
      return `originLocal(${JSON.stringify({ path: share, pollInterval: "1 s", idleTimeout: "2 s", timeout: "5 s" })})`;
    },
    put,
    kill: () => samba.kill(),
    lacks,
  });
});

/** Mounts the share by rclone's own SMB client; resolves when it is there. It ends when it is unmounted. */
function mountShare(port: number, user: { name: string; password: string }, at: string): void {
  const secret = execFileSync("rclone", ["obscure", user.password], { encoding: "utf8" }).trim();
  const remote = `:smb,host=127.0.0.1,port=${port},user=${user.name},pass=${secret}:music`;
  const fresh = ["--dir-cache-time", "0s", "--attr-timeout", "0s", "--vfs-cache-mode", "off"];
  execFileSync("rclone", ["mount", remote, at, "--read-only", "--daemon", "--config", "", ...fresh], {
    stdio: "ignore",
    timeout: 30_000,
  });
}
