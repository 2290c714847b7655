import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type AudioFormat, writeAudio } from "../support/audio-writer.js";
import { type TestMount, withMount } from "../support/mount.js";
import { DRIVERS, type DriverName } from "../support/mount-config.js";
import { run, until, within } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { filesBelow } from "../support/tree-files.js";

const PLUGIN = fileURLToPath(new URL("fixtures/controlled-origin.js", import.meta.url));
const FORMATS: readonly AudioFormat[] = ["flac", "mp3", "wav", "m4a"];

/** A mount whose origin can be made to hang. */
interface SlowMount extends TestMount {
  /** Makes reads of the file of one format hang. */
  hang(format: AudioFormat): void;
  goOn(): void;
  /** Whether the origin noted an event of the file of one format. */
  noted(event: "read" | "aborted", format: AudioFormat): boolean;
  contentOf(format: AudioFormat): Buffer;
  shown(format: AudioFormat): string;
}

async function withSlowMount(
  t: { after(fn: () => void): void },
  driver: DriverName,
  use: (mount: SlowMount) => Promise<void>,
): Promise<void> {
  const [folder, control] = [temporaryFolder(t), temporaryFolder(t)];
  mkdirSync(join(folder, "Slow"));
  const pathOf = (format: AudioFormat) => join(folder, "Slow", `${format}.${format}`);
  for (const format of FORMATS) {
    const content = writeAudio(
      format,
      { title: format, artists: ["Slow"], album: "Far" },
      { durationMs: 60_000 },
    );
    writeFileSync(pathOf(format), content);
  }
  const options = JSON.stringify({ folder, control });
  const imports = [`import { controlledOrigin } from ${JSON.stringify(PLUGIN)};`];
  const config = { driver, imports, plugins: [`controlledOrigin(${options})`] };
  await withMount(config, async (mount) => {
    const shown = await filesBelow(mount.mountpoint);
    const events = join(control, "events");
    rmSync(events, { force: true });
    await use({
      ...mount,
      hang: (format) => writeFileSync(join(control, "hang"), `${format}.`),
      goOn: () => rmSync(join(control, "hang"), { force: true }),
      noted: (event, format) =>
        existsSync(events) && readFileSync(events, "utf8").includes(`${event} Slow/${format}.`),
      contentOf: (format) => readFileSync(pathOf(format)),
      shown: (format) => shown.find((path) => path.endsWith(`.${format}`)) ?? "",
    });
  });
}

for (const driver of DRIVERS) {
  test(`${driver}: files of an origin that is not on this disk have the right bytes`, (t) =>
    withSlowMount(t, driver, async ({ shown, contentOf }) => {
      for (const format of FORMATS)
        assert.ok((await readFile(shown(format))).equals(contentOf(format)), format);
    }));

  test(`${driver}: an origin that hangs blocks no listing and no other file, and its bytes come late`, (t) =>
    withSlowMount(t, driver, async ({ mountpoint, hang, goOn, noted, shown, contentOf }) => {
      hang("wav");
      const waiting = Array.from({ length: 8 }, () =>
        run(["sha256sum", shown("wav")], { deadlineMs: 25_000 }),
      );
      await until("the origin is asked", () => noted("read", "wav"));
      assert.equal((await filesBelow(mountpoint)).length, FORMATS.length);
      assert.equal((await run(["ls", "-lR", mountpoint], { deadlineMs: 10_000 })).code, 0);
      const other = await within("reading another file", readFile(shown("flac")), 10_000);
      assert.ok(other.equals(contentOf("flac")));
      goOn();
      const { stdout } = await run(["sha256sum", shown("wav")]);
      for (const late of await Promise.all(waiting)) assert.deepEqual(late, { code: 0, stdout, stderr: "" });
      assert.ok((await readFile(shown("wav"))).equals(contentOf("wav")));
    }));

  test(`${driver}: the death of a reader cancels what its origin reads`, (t) => {
    if (driver === "mount-fuse-native") return t.skip("fuse-native is not told of interrupted requests");
    return withSlowMount(t, driver, async ({ hang, goOn, noted, shown, contentOf }) => {
      hang("m4a");
      // What fills the kernel's page cache belongs to no reader; a direct read does.
      const reader = spawn("dd", [`if=${shown("m4a")}`, "iflag=direct", "bs=4096"], { stdio: "ignore" });
      await until("the origin is asked", () => noted("read", "m4a"));
      const ended = new Promise((resolve) => reader.once("close", resolve));
      reader.kill("SIGKILL");
      await within("the end of the killed reader", ended, 10_000);
      await until("the origin's read is aborted", () => noted("aborted", "m4a"));
      goOn();
      assert.ok((await readFile(shown("m4a"))).equals(contentOf("m4a")));
    });
  });

  test(`${driver}: it stops although an origin hangs, and the reader gets an errno`, (t) =>
    withSlowMount(t, driver, async ({ daemon, hang, noted, shown }) => {
      hang("mp3");
      const reader = run(["cat", shown("mp3")], { deadlineMs: 25_000 });
      await until("the origin is asked", () => noted("read", "mp3"));
      const { code } = await within("the end", daemon.stop(), 10_000);
      assert.equal(code, 0);
      assert.notEqual((await reader).code, 0);
    }));
}
