import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeMp3 } from "../support/audio-writer.js";
import { type InstanceOptions, type TestMount, withInstance, withMount } from "../support/mount.js";
import { DRIVERS, type DriverName } from "../support/mount-config.js";
import { run, until, within } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { filesBelow } from "../support/tree-files.js";

const HANGING = fileURLToPath(new URL("fixtures/hanging-search.js", import.meta.url));
const README = "README.txt";
const HOSTILE_QUERIES = 1_000;

function song(title: string, artist: string, album = "Album"): Buffer {
  return writeMp3({ title, artists: [artist], album }, { durationMs: 100 });
}

/** A library of four tracks, in a folder of its own. */
function makeLibrary(t: { after(fn: () => void): void }): string {
  const library = temporaryFolder(t);
  writeFileSync(join(library, "1.mp3"), song("Slow Tide", "Nora Vale"));
  writeFileSync(join(library, "2.mp3"), song("Lanterns", "Nora Vale"));
  writeFileSync(join(library, "3.mp3"), song("Lux Æterna", "Choir"));
  writeFileSync(join(library, "4.mp3"), song("AC/DC & <../..>", "/../Artist"));
  return library;
}

function searching(driver: DriverName, library: string): InstanceOptions {
  const imports = [`import { searchTantivy } from "musicfs/plugins";`];
  return { driver, library, imports, plugins: ["searchTantivy()"] };
}

/** The names in a query's folder, once the index is whole. */
async function found({ mountpoint }: Pick<TestMount, "mountpoint">, query: string): Promise<string[]> {
  return until(`the folder of '${query}'`, async () => {
    const names = await readdir(join(mountpoint, ".search", query));
    return names.some((name) => name.startsWith("000 ")) ? undefined : names.sort();
  });
}

for (const driver of DRIVERS) {
  test(`${driver}: a folder's name is a query, and it holds links to the tracks that play`, async (t) => {
    await withMount(searching(driver, makeLibrary(t)), async (mount) => {
      const at = (...path: string[]): string => join(mount.mountpoint, ".search", ...path);
      assert.deepEqual(await found(mount, "nora vale tide"), ["001 Nora Vale - Slow Tide.mp3"]);
      assert.deepEqual(await found(mount, "lux aeterna"), ["001 Choir - Lux Æterna.mp3"]);
      assert.equal((await found(mount, "artist:vale")).length, 2);
      assert.deepEqual(await found(mount, "nothing that is there"), []);
      const link = at("lux aeterna", "001 Choir - Lux Æterna.mp3");
      assert.ok(!(await readlink(link)).startsWith("/"));
      assert.ok((await lstat(link)).isSymbolicLink());
      assert.ok((await readFile(link)).equals(song("Lux Æterna", "Choir")));
      assert.match(await readFile(at(README), "utf8"), /artist:/);
    });
  });

  test(`${driver}: nobody who walks the tree meets a search`, async (t) => {
    await withMount(searching(driver, makeLibrary(t)), async (mount) => {
      await found(mount, "vale");
      const { stdout } = await run(["find", mount.mountpoint]);
      assert.ok(!stdout.includes(".search"), stdout);
      const inside = await run(["find", join(mount.mountpoint, ".search"), "-mindepth", "1"]);
      assert.deepEqual(inside.stdout.trim().split("/").slice(-1), [README]);
      assert.deepEqual(await readdir(join(mount.mountpoint, ".search")), [README]);
    });
  });

  test(`${driver}: a folder follows the library, also over a restart`, async (t) => {
    const library = makeLibrary(t);
    await withInstance(searching(driver, library), async (instance) => {
      const first = await instance.start();
      await first.scanned();
      await until("both tracks", async () => (await found(instance, "vale")).length === 2);
      assert.equal((await first.stop()).code, 0);

      rmSync(join(library, "1.mp3"));
      writeFileSync(join(library, "5.mp3"), song("Harbour", "Nora Vale"));
      writeFileSync(join(library, "2.mp3"), song("Lanterns Again", "Nora Vale", "Other"));
      const second = await instance.start();
      await second.scanned();
      const titles = await until("the new tracks", async () => {
        const names = (await found(instance, "vale")).map((name) => name.slice(4)).sort();
        return names.includes("Nora Vale - Harbour.mp3") && names;
      });
      assert.deepEqual(titles, ["Nora Vale - Harbour.mp3", "Nora Vale - Lanterns Again.mp3"]);
      for (const name of await found(instance, "vale")) {
        assert.ok((await stat(join(instance.mountpoint, ".search", "vale", name))).isFile(), name);
      }
      assert.equal((await second.stop()).code, 0);
    });
  });

  test(`${driver}: ${HOSTILE_QUERIES} hostile queries find something or nothing, and do no harm`, async (t) => {
    await withMount(searching(driver, makeLibrary(t)), async (mount) => {
      await found(mount, "vale");
      const before = await filesBelow(mount.mountpoint);
      const queries = hostileQueries();
      for (const query of queries) {
        const names = await readdir(
          Buffer.concat([Buffer.from(`${mount.mountpoint}/.search/`), query]),
        ).catch((error: NodeJS.ErrnoException) => error.code);
        assert.ok(
          Array.isArray(names) || names === "ENAMETOOLONG" || names === "ENOENT",
          `${query}: ${names}`,
        );
        if (Array.isArray(names)) assert.ok(names.length <= 4, `${query}: ${names}`);
      }
      assert.deepEqual(await filesBelow(mount.mountpoint), before);
      assert.deepEqual(await readdir(join(mount.mountpoint, ".search")), [README]);
      assert.equal((await found(mount, "vale")).length, 2, "and it still searches");
    });
  });
}

test("a search that hangs delays no other, and ends with who asked", async (t) => {
  const options: InstanceOptions = {
    driver: "mount-fuse",
    library: makeLibrary(t),
    imports: [`import { hangingSearch } from ${JSON.stringify(HANGING)};`],
    plugins: ["hangingSearch()"],
  };
  await withMount(options, async (mount) => {
    const asking = spawn("ls", [join(mount.mountpoint, ".search", "hang")], { stdio: "ignore" });
    const asked = new Promise<NodeJS.Signals | null>((resolve) =>
      asking.once("exit", (_, signal) => resolve(signal)),
    );
    for (let index = 0; index < 20; index++) {
      assert.deepEqual(
        await within("another search", readdir(join(mount.mountpoint, ".search", `q ${index}`))),
        [],
      );
    }
    asking.kill("SIGTERM");
    assert.equal(await within("the end of who asked", asked), "SIGTERM");
    await assert.rejects(readdir(join(mount.mountpoint, ".search", "hang on")), { code: "EIO" });
  });
});

/** Traversal, the query language's own signs, every length, odd bytes: as many as {@link HOSTILE_QUERIES}. */
function hostileQueries(): Buffer[] {
  const texts = [
    "..%2f..",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..\\..",
    "...",
    "-",
    "--",
    "*",
    "?",
    "~",
    "~1",
    "a~9",
    "(",
    ")",
    "((((((((((((((((((((",
    "()",
    '"',
    '"unclosed',
    "artist:",
    ":",
    "::",
    "nofield:x",
    "year:[",
    "year:[a TO b]",
    "year:[9999 TO 0]",
    "year:>",
    "AND",
    "OR",
    "NOT",
    "AND OR NOT",
    "NOT NOT NOT x",
    "-x",
    "--x",
    "+",
    "x AND (y OR",
    "*vale",
    "v*le",
    "**",
    ".*",
    "a{1,99}",
    "[a-z]+$",
    "(a+)+$",
    "\u202eelav",
    "v\u200bale",
    "\ufeffvale",
    "\u0000".repeat(0),
    "\u0001\u0002",
    "\n",
    "\t vale \r",
    "' OR 1=1 --",
    "'; DROP TABLE names; --",
    "$(reboot)",
    "`id`",
    "<script>",
    "霧",
    "🎶".repeat(30),
    "e\u0301".repeat(60),
    "é".normalize("NFD"),
    "VALE",
    "vAlE",
    " vale ",
    "vale ",
    "con",
    "nul",
    "desktop.ini",
    "Thumbs.db",
    "lost+found",
    "musicfs",
    "/".replace("/", "\u2215"),
    "title:lux* ".repeat(20),
  ];
  const queries = texts.filter((text) => text !== "").map((text) => Buffer.from(text));
  queries.push(
    Buffer.of(0xff, 0xfe),
    Buffer.of(0xc3),
    Buffer.from("x".repeat(255)),
    Buffer.from("x".repeat(256)),
  );
  for (let index = queries.length; index < HOSTILE_QUERIES; index++) {
    const [one, other] = [texts[index % texts.length] ?? "", texts[(index * 7) % texts.length] ?? ""];
    queries.push(Buffer.from(`${one}${index}${other}`.replace(/^\./, "_")).subarray(0, 200));
  }
  return queries;
}
