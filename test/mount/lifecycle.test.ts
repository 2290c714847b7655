import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mountedAt } from "../support/leftovers.js";
import { withInstance, withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { run, until, within } from "../support/process.js";
import { EXAMPLE_LIBRARY, filesBelow } from "../support/tree-files.js";

const READ_FOREVER = fileURLToPath(new URL("fixtures/read-forever.js", import.meta.url));
const IS_ROOT = process.getuid?.() === 0;
const ALREADY_RUNNING = 5;
/** In a mount namespace of its own, since not every machine has fusectl mounted. */
const ABORT = `
  dir=/sys/fs/fuse/connections
  [ -e "$dir/$1" ] || mount -t fusectl fusectl "$dir" || exit
  echo 1 > "$dir/$1/abort"
`;
const LOST = /^(ENOTCONN|ECONNABORTED|EIO|ENODEV)$/;

for (const driver of DRIVERS) {
  const config = { driver, library: EXAMPLE_LIBRARY };

  test(`${driver}: the mount is read-only, without set-uid, devices and programs`, () =>
    withMount(config, async ({ mountpoint }) => {
      const mounted = mountedAt(mountpoint);
      assert.equal(mounted?.type, "fuse.musicfs");
      for (const option of ["ro", "nosuid", "nodev", "noexec"])
        assert.ok(mounted?.options.includes(option), option);
    }));

  test(`${driver}: a second start is refused and does not disturb the first`, () =>
    withMount(config, async ({ instance, mountpoint }) => {
      const { code, stderr } = await instance.cli(["start"]);
      assert.equal(code, ALREADY_RUNNING);
      assert.match(stderr, /MFS_ALREADY_RUNNING/);
      assert.match(stderr, /musicfs stop/);
      assert.equal((await filesBelow(mountpoint)).length > 20, true);
    }));

  test(`${driver}: of 20 starts at once, one wins`, () =>
    withInstance(config, async (instance) => {
      const daemons = Array.from({ length: 20 }, () => instance.launch());
      const codes: (number | string)[] = [];
      for (const { ended } of daemons) void ended.then(({ code }) => codes.push(code));
      await until("19 starts gave up", () => codes.length >= 19, 90_000);
      assert.deepEqual(codes, new Array(19).fill(ALREADY_RUNNING));
      await until(
        "the one is mounted",
        async () => (await instance.statusOrUndefined())?.state === "mounted",
      );
      const { code } = await instance.cli(["stop"]);
      assert.equal(code, 0);
      await until("the one ended", () => codes.length === 20);
      assert.equal(codes.at(-1), 0);
    }));

  test(`${driver}: SIGINT and 'musicfs stop' end it with 0, and the state is told`, () =>
    withInstance(config, async (instance) => {
      for (const stop of ["stop", "SIGINT"]) {
        const daemon = await instance.start();
        if (stop === "stop") assert.equal((await instance.cli(["stop"])).code, 0);
        else process.kill(daemon.pid, "SIGINT");
        assert.equal((await within("the end", daemon.ended, 10_000)).code, 0);
        assert.equal(mountedAt(instance.mountpoint), undefined);
        assert.equal((await instance.cli(["status"])).code, 4);
      }
    }));

  test(`${driver}: it stops within 10 s while 64 readers read, and they get an errno`, () =>
    withMount(config, async ({ mountpoint, daemon }) => {
      const paths = await filesBelow(mountpoint);
      const readers = Array.from({ length: 64 }, (_, at) => startReader(paths.slice(at % 8, (at % 8) + 4)));
      try {
        await within(
          "64 readers begin",
          Promise.all(readers.map((reader) => once(reader.stdout ?? reader, "data"))),
        );
        const { code } = await within("the end", daemon.stop(), 10_000);
        assert.equal(code, 0);
        assert.equal(mountedAt(mountpoint), undefined);
        for (const reader of readers) assert.equal(await exitOf(reader), 3);
      } finally {
        for (const reader of readers) reader.kill("SIGKILL");
      }
    }));

  test(`${driver}: it stops within 10 s while somebody has a file open and does nothing with it`, () =>
    withInstance(config, async (instance) => {
      const daemon = await instance.start();
      await daemon.scanned();
      const handle = await open((await filesBelow(instance.mountpoint))[0] ?? "");
      try {
        assert.equal((await within("the end", daemon.stop(), 10_000)).code, 0);
        assert.equal(mountedAt(instance.mountpoint), undefined);
      } finally {
        await handle.close().catch(lost);
      }
    }));

  test(`${driver}: a stop that comes with the mount ends it with 0`, () =>
    withInstance(config, async (instance) => {
      const daemon = instance.launch();
      await until("it is mounted", () => mountedAt(instance.mountpoint));
      assert.equal((await within("the end", daemon.stop(), 10_000)).code, 0);
      assert.equal(mountedAt(instance.mountpoint), undefined);
    }));

  for (const command of ["umount", "fusermount3 -u"]) {
    test(`${driver}: '${command}' from outside ends it`, (t) => {
      if (!IS_ROOT) return t.skip("only root may unmount what it did not mount itself");
      return withInstance(config, async (instance) => {
        const daemon = await instance.start();
        await daemon.scanned();
        await until("it can be unmounted", async () => {
          return (await run([...command.split(" "), instance.mountpoint])).code === 0;
        });
        assert.equal((await within("the end", daemon.ended, 10_000)).code, 0);
      });
    });
  }

  test(`${driver}: 'umount -l' leaves open files readable or failing, and it ends after the last is closed`, (t) => {
    if (!IS_ROOT) return t.skip("only root may unmount");
    return withInstance(config, async (instance) => {
      const daemon = await instance.start();
      await daemon.scanned();
      const path = (await filesBelow(instance.mountpoint))[0] ?? "";
      const content = readFileSync(path);
      const handle = await open(path);
      assert.equal((await run(["umount", "-l", instance.mountpoint])).code, 0);
      assert.deepEqual(readdirSync(instance.mountpoint), []);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(100), 0, 100, 20).catch(lost);
      if (bytesRead > 0) assert.ok(buffer.equals(content.subarray(20, 120)));
      await handle.close();
      assert.equal((await within("the end", daemon.ended, 15_000)).code, 0);
    });
  });

  test(`${driver}: an aborted connection ends it with an error, and the mountpoint is free`, (t) => {
    if (!IS_ROOT) return t.skip("only root may abort connections");
    return withInstance(config, async (instance) => {
      const daemon = await instance.start();
      await daemon.scanned();
      const minor = mountedAt(instance.mountpoint)?.device.split(":")[1];
      const aborted = await run(["unshare", "--mount", "sh", "-c", ABORT, "sh", `${minor}`]);
      if (aborted.code !== 0) return t.skip(`fusectl cannot be mounted: ${aborted.stderr}`);
      const { code, stderr } = await within("the end", daemon.ended, 15_000);
      assert.notEqual(code, 0);
      assert.match(stderr, /connection/);
      assert.equal(mountedAt(instance.mountpoint), undefined);
      assert.deepEqual(readdirSync(instance.mountpoint), []);
    });
  });

  test(`${driver}: a mountpoint that is missing is made, and removed at the stop`, () =>
    withMount({ ...config, makeMountpoint: false }, async ({ mountpoint, daemon }) => {
      assert.ok(readdirSync(mountpoint).length > 0);
      assert.equal((await daemon.stop()).code, 0);
      assert.equal(existsSync(mountpoint), false);
    }));

  test(`${driver}: a mountpoint that is a file, or not empty, is refused and left alone`, () =>
    withInstance(config, async (instance) => {
      writeFileSync(join(instance.mountpoint, "letter"), "dear");
      await refuses(instance, /MFS_MOUNTPOINT_UNUSABLE[\s\S]*not empty/);
      assert.equal(readFileSync(join(instance.mountpoint, "letter"), "utf8"), "dear");
      await run(["rm", "-r", instance.mountpoint]);
      writeFileSync(instance.mountpoint, "a file");
      await refuses(instance, /MFS_MOUNTPOINT_UNUSABLE[\s\S]*file/);
      assert.equal(readFileSync(instance.mountpoint, "utf8"), "a file");
    }));

  test(`${driver}: a mountpoint where another filesystem is mounted is refused and left alone`, (t) => {
    if (!IS_ROOT) return t.skip("only root may mount a tmpfs");
    return withInstance(config, async (instance) => {
      const { code } = await run(["mount", "-t", "tmpfs", "-o", "size=1m", "others", instance.mountpoint]);
      if (code !== 0) return t.skip("a tmpfs cannot be mounted here");
      try {
        await refuses(instance, /MFS_MOUNTPOINT_BUSY/);
        assert.equal(mountedAt(instance.mountpoint)?.type, "tmpfs");
      } finally {
        await run(["umount", instance.mountpoint]);
      }
    });
  });

  test(`${driver}: folders on the way to a mountpoint are made, and removed, too`, () =>
    withInstance({ ...config, makeMountpoint: false }, async (instance) => {
      const deep = join(instance.folder, "a", "b", "mnt");
      mkdirSync(join(instance.folder, "a"));
      const daemon = instance.launch(["--mount", deep]);
      await until("it is mounted there", () => mountedAt(deep));
      assert.equal((await daemon.stop()).code, 0);
      assert.deepEqual(readdirSync(join(instance.folder, "a")), []);
      rmdirSync(join(instance.folder, "a"));
    }));
}

async function refuses(
  instance: { cli(args: string[]): Promise<{ code: unknown; stderr: string }> },
  message: RegExp,
): Promise<void> {
  const { code, stderr } = await instance.cli(["start"]);
  assert.match(stderr, message);
  assert.equal(code, 1);
}

function startReader(paths: readonly string[]): ChildProcess {
  return spawn(process.execPath, [READ_FOREVER, ...paths], { stdio: ["ignore", "pipe", "ignore"] });
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await within("the end of a reader", once(child, "exit"), 10_000);
  return child.exitCode;
}

function lost(error: NodeJS.ErrnoException): { buffer: Buffer; bytesRead: number } {
  assert.match(error.code ?? "", LOST);
  return { buffer: Buffer.alloc(0), bytesRead: 0 };
}
