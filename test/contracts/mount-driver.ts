import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { ROOT_INO } from "../../core/model/entry.js";
import type { MountDriver } from "../../core/model/mount-driver.js";
import type { ContractCase, ContractSubject } from "./contract.js";
import { eventually, settledWithin } from "./deadline.js";
import { LATE_FOLDER, LATE_NAME, type MountFixture, withMount } from "./mount-fixture.js";
import { createRandom } from "./random.js";

export interface MountDriverSubject extends ContractSubject {
  readonly driver: MountDriver;
}

export type MountDriverCase = ContractCase<MountDriverSubject>;

/** Longest that an unmount may take, in milliseconds. */
const END_MS = 20_000;
/** How long a file is held, in milliseconds: for longer than the second that is told of. */
const HOLD_MS = 2_500;
/** Longest that a lookup may take beside one that hangs, in milliseconds. */
const SIDE_BY_SIDE_MS = 8_000;

/** The contract of a mount driver. Needs a machine that can mount; every mount is looked at by a child process. */
export const mountDriverContract: readonly MountDriverCase[] = [
  {
    name: "a mount shows the catalogue's tree, and every file's own bytes, from this disk and late ones",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fill(fixture);
        await fixture.invalidate(mount);
        await showsExpected(fixture);
        // Again: now the kernel may answer by itself.
        await showsExpected(fixture);
      });
    },
  },
  {
    name: "an empty catalogue is an empty folder",
    run: ({ driver }) => withMount(driver, async (fixture) => assert.deepEqual(await fixture.look(), [])),
  },
  {
    name: "what is added and removed is seen once the mount was told",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fill(fixture);
        await fixture.invalidate(mount);
        await showsExpected(fixture);
        fixture.removeLocal("Artist/Album/01 - One.flac");
        fixture.addLocal("Artist/Album/03 - Three.flac", Buffer.from("three"));
        fixture.addLocal("Artist/New Album/01 - New.flac", Buffer.from("new"));
        await fixture.invalidate(mount);
        await showsExpected(fixture);
        fixture.removeLocal("Artist/New Album/01 - New.flac");
        await fixture.invalidate(mount);
        await showsExpected(fixture);
      });
    },
  },
  {
    name: "links lead where they were made to, also through 4,095 bytes, and have their target's length",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fill(fixture);
        fixture.addLink("Artist", "first.flac", "Album/01 - One.flac");
        fixture.addLink("Odd", "夜 → 'up'.flac", "../Artist/first.flac");
        fixture.addLink("Odd", "nowhere", "../is not there");
        fixture.addLink("Odd", "long", `${"../Odd/".repeat(584)}nowhere`);
        await fixture.invalidate(mount);
        await showsExpected(fixture);
        await showsExpected(fixture);
        assert.deepEqual(
          await fixture.readThrough("Odd/夜 → 'up'.flac"),
          fixture.expected.get("Artist/Album/01 - One.flac"),
        );
      });
    },
  },
  {
    name: "a generated file has its size before it is opened, and is made again when its bytes are gone",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fixture.addGenerated("cover.jpg", Buffer.from(createRandom(51).bytes(200_001)));
        fixture.addGenerated("empty.txt", Buffer.alloc(0));
        await mount.invalidate([
          { parentIno: ROOT_INO, name: "cover.jpg" },
          { parentIno: ROOT_INO, name: "empty.txt" },
        ]);
        await showsExpected(fixture);
        fixture.emptyCache();
        await showsExpected(fixture);
      });
    },
  },
  {
    name: "a name that is made when it is looked up is in no listing, and is looked up anew each time",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fill(fixture);
        await fixture.invalidate(mount);
        const folder = `${LATE_FOLDER}/${LATE_NAME.made} é`;
        assert.deepEqual(
          await fixture.readThrough(`${folder}/one.flac`),
          fixture.expected.get("Artist/Album/01 - One.flac"),
        );
        assert.equal(fixture.lateLookups.length, 1);
        await showsExpected(fixture);
        assert.deepEqual(await fixture.look(LATE_FOLDER), []);
        fixture.removeMade(`${LATE_NAME.made} é`);
        await eventually("a removed name is missing", async () => (await fixture.stat(folder)) === "ENOENT");
        assert.equal(await fixture.stat(`${LATE_FOLDER}/other`), "ENOENT");
        assert.equal(await fixture.stat(`${LATE_FOLDER}/${LATE_NAME.fails}`), "EACCES");
      });
    },
  },
  {
    name: "a lookup that hangs delays nobody elsewhere, and ends with the mount",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fill(fixture);
        const hanging = await hangIn(fixture);
        await fixture.invalidate(mount);
        await settledWithin(END_MS, "a look at the tree", showsExpected(fixture));
        await settledWithin(END_MS, "unmount", mount.unmount(100));
        assert.notEqual(await settledWithin(END_MS, "the lookup that hung", hanging.seen), "no error");
        assert.ok(fixture.lateLookups[0]?.signal.aborted);
      });
    },
  },
  {
    name: "a lookup that hangs delays no other in its directory",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        const hanging = await hangIn(fixture);
        const another = fixture.stat(`${LATE_FOLDER}/${LATE_NAME.made}`);
        try {
          assert.equal(await settledWithin(SIDE_BY_SIDE_MS, "another lookup", another), "no error");
        } finally {
          await mount.unmount(0);
          await Promise.allSettled([hanging.seen, another]);
        }
      });
    },
  },
  {
    name: "a file that is held open is told of once it is closed; one that is only looked at is not",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fill(fixture);
        await fixture.invalidate(mount);
        await showsExpected(fixture);
        const pid = await fixture.hold("Artist/Album/01 - One.flac", HOLD_MS);
        await eventually("the access is told", async () => fixture.accesses.length > 0);
        const [access, ...others] = fixture.accesses;
        assert.ok(access && access.heldMs >= HOLD_MS - 50, JSON.stringify(access));
        assert.equal(access.ino, fixture.inoOf("Artist/Album/01 - One.flac"));
        assert.deepEqual([access.openAtOnce, access.otherOpens, others.length], [1, 0, 0]);
        if (access.process) assert.equal(access.process.pid, pid);
      });
    },
  },
  {
    name: "every way to write is refused with EROFS",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fill(fixture);
        await fixture.invalidate(mount);
        const errors = await fixture.tryToWrite("Artist/Album/01 - One.flac");
        for (const [attempt, code] of Object.entries(errors)) assert.equal(code, "EROFS", attempt);
        await showsExpected(fixture);
      });
    },
  },
  {
    name: "unmount ends the mount as stopped, leaves an empty folder, and may be called twice",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        await fixture.look();
        await settledWithin(END_MS, "unmount", mount.unmount(1000));
        assert.equal(await settledWithin(END_MS, "ended", mount.ended), "stopped");
        await settledWithin(END_MS, "the second unmount", mount.unmount(0));
        assert.deepEqual(readdirSync(fixture.session.mountpoint), []);
      });
    },
  },
  {
    name: "a driver can mount again",
    async run({ driver }) {
      for (let round = 0; round < 2; round++) {
        await withMount(driver, async (fixture, mount) => {
          fill(fixture);
          await fixture.invalidate(mount);
          await showsExpected(fixture);
        });
      }
    },
  },
  {
    name: "a folder that is no mount is not detached",
    async run({ driver }) {
      await withMount(driver, async ({ session }, mount) => {
        await mount.unmount(0);
        assert.equal(await driver.detachStale(session.mountpoint, session.source), false);
      });
    },
  },
  {
    name: "requests are counted",
    async run({ driver }) {
      await withMount(driver, async (fixture, mount) => {
        fill(fixture);
        await fixture.invalidate(mount);
        await fixture.look();
        const { requests } = mount.statistics();
        const served = Object.values(requests).reduce((sum, count) => sum + count, 0);
        assert.ok(served > 0, JSON.stringify(requests));
      });
    },
  },
  {
    name: "what is missing of the machine is told with the line to type",
    async run({ driver }) {
      for (const { ok, subject, finding, remedy } of await driver.diagnose()) {
        assert.ok(subject !== "" && finding !== "");
        if (!ok) assert.ok(remedy, `${subject}: ${finding}`);
      }
    },
  },
];

/** Begins a lookup that does not end. */
async function hangIn(fixture: MountFixture): Promise<{ readonly seen: Promise<string> }> {
  const seen = fixture.stat(`${LATE_FOLDER}/${LATE_NAME.hangs}`);
  await eventually("the lookup is under way", async () => fixture.lateLookups.length > 0);
  return { seen };
}

function fill(fixture: MountFixture): void {
  const random = createRandom(50);
  const bytes = (length: number): Buffer => Buffer.from(random.bytes(length));
  fixture.addLocal("Artist/Album/01 - One.flac", bytes(300_000));
  fixture.addLocal("Artist/Album/02 - Empty.flac", bytes(0));
  fixture.addLocal(`Odd/it's "quoted" 🎶 ${"夜".repeat(60)}.mp3`, bytes(4097));
  fixture.addRemote("Elsewhere/01 - Late.flac", bytes(300_001));
  fixture.addRemote("at the root.mp3", bytes(1));
}

async function showsExpected(fixture: MountFixture): Promise<void> {
  const seen = await fixture.look();
  const files = seen.filter((entry) => entry.kind === "file");
  assert.deepEqual(files.map(({ path }) => path).sort(), [...fixture.expected.keys()].sort());
  for (const { path, sizeBytes, base64 } of files) {
    const content = fixture.expected.get(path);
    assert.equal(sizeBytes, content?.length, path);
    assert.ok(content?.equals(Buffer.from(base64, "base64")), `${path}: other bytes`);
  }
  const links = seen.filter((entry) => entry.kind === "link");
  assert.deepEqual(new Map(links.map(({ path, target }) => [path, target])), fixture.expectedLinks);
  for (const { path, sizeBytes, target } of links) assert.equal(sizeBytes, Buffer.byteLength(target), path);
  const folders = seen.filter((entry) => entry.kind === "directory").map(({ path }) => path);
  assert.deepEqual(folders.sort(), [...foldersOf(fixture.expected.keys())].sort());
}

function foldersOf(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    const segments = path.split("/").slice(0, -1);
    segments.forEach((_, index) => {
      folders.add(segments.slice(0, index + 1).join("/"));
    });
  }
  return folders;
}
