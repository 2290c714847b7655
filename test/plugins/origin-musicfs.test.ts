import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Origin, OriginError } from "musicfs";
import { originMusicfs } from "musicfs/plugins";
import {
  type OriginSubject,
  originContract,
  runContract,
  type SampleFile,
  sampleFiles,
  setUpPlugin,
} from "musicfs/testing";
import { streamControl } from "#core/control/client.js";
import { kindOf } from "#core/library/file-kind.js";
import { freePort } from "../support/free-port.js";
import { type RunningDaemon, TestInstance } from "../support/mount.js";

const TOKEN = "the-token-of-the-other-one";
const noAbort = new AbortController().signal;

/** A second MusicFS on this machine, with two folders of music. */
class OtherMusicfs {
  readonly instance: TestInstance;
  readonly port: number;
  #daemon: RunningDaemon | undefined;

  private constructor(port: number) {
    this.port = port;
    const folder = (name: string): string => join(this.instance.folder, name);
    const lines = [`control: { tcp: { port: ${port}, token: ${JSON.stringify(TOKEN)} } },`];
    this.instance = new TestInstance({ driver: "mount-fuse" });
    const origin = (id: string): string =>
      `originLocal(${JSON.stringify({ id, path: folder(id), watch: false })})`;
    for (const id of ["lib", "many"]) mkdirSync(folder(id));
    this.instance.configure({ driver: "mount-fuse", lines, plugins: [origin("lib"), origin("many")] });
  }

  static async start(): Promise<OtherMusicfs> {
    const other = new OtherMusicfs(await freePort());
    other.#daemon = await other.instance.start();
    await other.#daemon.scanned();
    return other;
  }

  get pid(): number {
    return this.#daemon?.pid ?? -1;
  }

  write(id: string, { path, bytes }: SampleFile): void {
    const full = join(this.instance.folder, id, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, bytes);
  }

  remove(id: string, path: string): void {
    rmSync(join(this.instance.folder, id, path));
  }

  async rescan(): Promise<void> {
    const steps = streamControl(this.instance.socketPath, (client, options) =>
      client.rescanOrigin({}, options),
    );
    for await (const { summary } of steps) assert.notEqual(summary?.complete, false);
  }

  async open(options: object = {}): Promise<Origin> {
    const url = `http://127.0.0.1:${this.port}`;
    const [origin] = await (await setUpPlugin(originMusicfs({ url, token: TOKEN, ...options }))).origins();
    assert.ok(origin);
    return origin;
  }

  async end(): Promise<void> {
    await this.#daemon?.stop();
    assert.deepEqual(await this.instance.dispose(), []);
  }
}

let other: OtherMusicfs;
before(async () => {
  other = await OtherMusicfs.start();
});
after(() => other.end());

describe("origin-musicfs keeps the contract of an origin", () => {
  runContract(originContract, makeSubject, { test });
});

describe("origin-musicfs", () => {
  test("shows all origins of the other one, each in its folder, and looks only where it is told to", async () => {
    await makeSubject();
    const origin = await other.open();
    const paths = async (below?: readonly string[]): Promise<string[]> => {
      const found: string[] = [];
      for await (const { files } of origin.list(noAbort, below)) found.push(...files.map(({ path }) => path));
      return found.sort();
    };
    const all = await paths();
    assert.ok(all.includes("lib/plain.flac"));
    assert.deepEqual(await paths(["lib/Case", "lib/plain.flac", "nobody/x", "%"]), [
      "lib/Case/UPPER.mp3",
      "lib/Case/upper.mp3",
      "lib/plain.flac",
    ]);
    await origin.close?.();
  });

  test("tells of changes as they happen", async () => {
    await makeSubject();
    const origin = await other.open({ origin: "lib" });
    const controller = new AbortController();
    const batches = origin.watch?.(controller.signal)[Symbol.asyncIterator]();
    assert.deepEqual((await batches?.next())?.value, { paths: [] });
    other.write("lib", { path: "With Spaces/new.mp3", bytes: Buffer.from("new") });
    await other.rescan();
    assert.deepEqual((await batches?.next())?.value, { paths: ["With Spaces/new.mp3"] });
    other.remove("lib", "With Spaces/new.mp3");
    await other.rescan();
    assert.deepEqual((await batches?.next())?.value, { paths: ["With Spaces/new.mp3"] });
    controller.abort(new Error("enough"));
    await assert.rejects(async () => batches?.next(), /enough/u);
    await origin.close?.();
  });

  test("gives chunks by their hashes, and the manifest is the same each time", async () => {
    const { expected } = await makeSubject();
    const origin = await other.open({ origin: "lib" });
    const file = await origin.stat("big.flac", noAbort);
    assert.ok(file && origin.chunks);
    const chunks = await origin.chunks.manifest(file, noAbort);
    assert.ok(chunks && chunks.length > 20);
    assert.deepEqual(await origin.chunks.manifest(file, noAbort), chunks);
    const read = await origin.chunks.read(file, chunks.slice(3, 9), noAbort);
    const offset = chunks.slice(0, 3).reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    const bytes = expected.find(({ path }) => path === "big.flac")?.bytes.subarray(offset);
    assert.ok(Buffer.concat(read).equals(bytes?.subarray(0, Buffer.concat(read).length) as Uint8Array));
    const nobodys = [{ hash: new Uint8Array(32), lengthBytes: 5 }];
    await assert.rejects(origin.chunks.read(file, nobodys, noAbort), OriginError);
    await assert.rejects(origin.chunks.manifest({ ...file, sizeBytes: 5 }, noAbort), { kind: "changed" });
    await origin.close?.();
  });

  test("is refused with another token, and served on the Unix socket without one", async () => {
    const refused = await other.open({ token: "not-the-token-of-it" });
    await assert.rejects(async () => refused.probe?.(noAbort), { name: "OriginError", kind: "refused" });
    await refused.close?.();
    const { socketPath } = other.instance;
    const [local] = await (await setUpPlugin(originMusicfs({ url: `unix:${socketPath}` }))).origins();
    await local?.probe?.(noAbort);
    await local?.close?.();
  });

  test("refuses a path that leads out of the library, and a file that is none of it", async () => {
    const origin = await other.open({ origin: "lib" });
    writeFileSync(join(other.instance.folder, "outside.mp3"), "outside");
    for (const path of ["../outside.mp3", "/etc/passwd", "..", "a/../../outside.mp3", "outside.mp3"]) {
      assert.equal(await origin.stat(path, noAbort), undefined, path);
      const file = { path, sizeBytes: 7, mtimeMs: 0 };
      await assert.rejects(origin.read(file, 0, 7, noAbort), { kind: "missing" }, path);
      await assert.rejects(async () => origin.chunks?.manifest(file, noAbort), { kind: "missing" }, path);
    }
    await origin.close?.();
  });
});

/** What a library has of the kit's files: the others' names say that they are no music. */
async function makeSubject(): Promise<OriginSubject> {
  const expected = sampleFiles().filter(({ path }) => kindOf(path) !== undefined);
  for (const file of expected) other.write("lib", file);
  await other.rescan();
  const origin = await other.open({ origin: "lib" });
  return {
    origin,
    expected,
    manyFiles: 3000,
    async replace(path, bytes) {
      other.write("lib", { path, bytes });
      await other.rescan();
    },
    async remove(path) {
      other.remove("lib", path);
      await other.rescan();
    },
    openMissing: () => other.open({ origin: "nobody" }),
    async openWith(files) {
      for (const file of files) other.write("many", file);
      await other.rescan();
      return other.open({ origin: "many" });
    },
    freeze() {
      process.kill(other.pid, "SIGSTOP");
      return () => process.kill(other.pid, "SIGCONT");
    },
    async close() {
      await origin.close?.();
    },
  };
}
