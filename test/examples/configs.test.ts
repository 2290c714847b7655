import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Status } from "../../core/control/status.js";
import { freePort } from "../support/free-port.js";
import { withInstance } from "../support/mount.js";
import { run, until, within } from "../support/process.js";
import { startApache } from "../support/servers/apache.js";
import { S3RVER_KEYS, startS3Rver } from "../support/servers/s3rver.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { audioBelow, EXAMPLE_LIBRARY, filesBelow, hashesOf } from "../support/tree-files.js";

const CONFIGS = fileURLToPath(new URL("../../../examples/configs", import.meta.url));
const BIN = fileURLToPath(new URL("../../core/cli/bin.js", import.meta.url));
const SERVER = fileURLToPath(
  new URL("../../examples/plugins/origin-http-manifest/serve-library.js", import.meta.url),
);
const DEADLINE_MS = 60_000;

interface Example {
  readonly folder: string;
  readonly mountpoint: string;
  status(): Promise<Status>;
}

describe("the example configs run as they stand", () => {
  const tests: Readonly<Record<string, (t: TestContext) => Promise<void>>> = {
    "layout-flat.config.ts": (t) =>
      mount(t, "layout-flat.config.ts", {}, async ({ mountpoint }) => {
        const names = readdirSync(mountpoint);
        assert.ok(names.includes("Marrow & Finch — Tide Table.flac"), names.join(", "));
        assert.ok(names.includes("Marrow & Finch — Tide Table.lrc"), names.join(", "));
        assert.equal((await audioBelow(mountpoint)).length, (await audioBelow(EXAMPLE_LIBRARY)).length);
        await sameContent(mountpoint);
      }),

    "change-log.config.ts": async (t) => {
      const library = join(temporaryFolder(t), "library");
      await cp(EXAMPLE_LIBRARY, library, { recursive: true });
      await mount(t, "change-log.config.ts", { MUSICFS_LIBRARY: library }, async ({ folder, mountpoint }) => {
        const log = join(folder, "state", "plugins", "change-log", "changes.jsonl");
        const added = readFileSync(log, "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line).added);
        const shown = (await audioBelow(mountpoint)).map((path) => path.slice(mountpoint.length));
        assert.deepEqual([...new Set(added)].filter((path) => shown.includes(path)).sort(), shown);
      });
    },

    "origin-http-manifest.config.ts": async (t) => {
      const url = await serveExampleLibrary(t);
      await mount(t, "origin-http-manifest.config.ts", { MUSIC_URL: url }, async ({ mountpoint, status }) => {
        await sameContent(mountpoint);
        assert.equal((await status()).passthroughOpens, 0);
      });
    },

    "origin-webdav.config.ts": async (t) => {
      const [MUSIC_USER, MUSIC_PASSWORD] = ["nora", "w1nter rooms"];
      const server = await startApache({ user: { name: MUSIC_USER, password: MUSIC_PASSWORD } });
      t.after(() => server.close());
      await cp(EXAMPLE_LIBRARY, server.root, { recursive: true });
      const variables = { MUSIC_URL: server.url, MUSIC_USER, MUSIC_PASSWORD };
      await mount(t, "origin-webdav.config.ts", variables, ({ mountpoint }) => sameContent(mountpoint));
    },

    "origin-http.config.ts": async (t) => {
      const server = await startApache();
      t.after(() => server.close());
      await cp(EXAMPLE_LIBRARY, server.root, { recursive: true });
      const MUSIC_URL = server.url.replace("/music/", "/plain/");
      await mount(t, "origin-http.config.ts", { MUSIC_URL }, ({ mountpoint }) => sameContent(mountpoint));
    },

    "origin-s3.config.ts": async (t) => {
      const server = await startS3Rver();
      t.after(() => server.close());
      for (const path of await filesBelow(EXAMPLE_LIBRARY)) {
        server.put("songs", `Lossless/${path.slice(EXAMPLE_LIBRARY.length + 1)}`, readFileSync(path));
      }
      const { accessKeyId, secretAccessKey } = S3RVER_KEYS;
      const variables = {
        MUSIC_BUCKET: "songs",
        MUSIC_ENDPOINT: server.endpoint,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      };
      await mount(t, "origin-s3.config.ts", variables, ({ mountpoint }) => sameContent(mountpoint));
    },

    "origin-musicfs.config.ts": async (t) => {
      const [port, MUSIC_TOKEN] = [await freePort(), "the-token-of-the-one-at-home"];
      const lines = [`control: { tcp: { port: ${port}, token: ${JSON.stringify(MUSIC_TOKEN)} } },`];
      const home = { driver: "mount-fuse", library: EXAMPLE_LIBRARY, lines } as const;
      const variables = { MUSIC_URL: `http://127.0.0.1:${port}`, MUSIC_TOKEN };
      await withInstance(home, async (other) => {
        await (await other.start()).scanned();
        await mount(t, "origin-musicfs.config.ts", variables, ({ mountpoint }) => sameContent(mountpoint));
      });
    },

    "car-stick.config.ts": (t) =>
      mount(t, "car-stick.config.ts", {}, async ({ mountpoint }) => {
        const album = join(mountpoint, "Marrow & Finch - Salt Lanterns");
        assert.deepEqual(readdirSync(album).sort(), [
          "01 Tide Table.flac",
          "02 Harbour Lights.flac",
          "03 The Keeper's Daughter.flac",
          "cover.jpg",
        ]);
        assert.deepEqual(readdirSync(join(album, ".covers/300")), ["cover.jpg"]);
        assert.ok(readdirSync(join(mountpoint, "By Year")).includes("2019"));
        const names = readdirSync(mountpoint, { recursive: true, encoding: "utf8" });
        const foreign = names.filter((name) => /[<>:"|?*\\]|[. ]$/u.test(basename(name)));
        assert.deepEqual(foreign, [], "Windows takes every name");
      }),

    "collections.config.ts": (t) =>
      mount(t, "collections.config.ts", {}, async ({ mountpoint }) => {
        const list = (name: string): string[] => readdirSync(join(mountpoint, "Collections", name)).sort();
        await until(
          "the collections are filled",
          () => list("The 2010s").length > 0 && list("For the Road").length > 1,
        );
        assert.equal(list("Recently Added").length, 10);
        assert.deepEqual(list("For the Road"), [
          "001 The Quiet Turbines - Six in the Morning.mp3",
          "002 Marrow & Finch - Tide Table.flac",
        ]);
        assert.ok(list("The 2010s").every((name) => /^\d{3} \S/.test(name)));
        assert.deepEqual(list("Most Played"), []);
        const found = readdirSync(join(mountpoint, ".search", "tide table")).filter(
          (name) => !name.startsWith("000"),
        );
        assert.deepEqual(found, ["001 Marrow & Finch - Tide Table.flac"]);
      }),

    "search-contains.config.ts": (t) =>
      mount(t, "search-contains.config.ts", {}, ({ mountpoint }) => sameContent(mountpoint)),
  };

  for (const file of readdirSync(CONFIGS).filter((name) => name.endsWith(".config.ts"))) {
    test(file, (t) => {
      const exampleTest = tests[file];
      assert.ok(exampleTest, `${file} has no test`);
      return exampleTest(t);
    });
  }
});

// In a process of its own: this one's threads wait for reads of the mount, which wait for the server.
async function serveExampleLibrary(t: TestContext): Promise<string> {
  const server = spawn(process.execPath, [SERVER, EXAMPLE_LIBRARY, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => server.kill());
  const [line] = await within("the server's start", once(server.stdout.setEncoding("utf8"), "data"));
  const url = /http:\S+/.exec(line)?.[0];
  assert.ok(url, line);
  return url;
}

// Every audio file of the example library is there, byte for byte, and no other.
async function sameContent(mountpoint: string): Promise<void> {
  const shown = await hashesOf(await audioBelow(mountpoint));
  const expected = await hashesOf(await audioBelow(EXAMPLE_LIBRARY));
  assert.deepEqual(shown.sort(), expected.sort());
}

/** Mounts an example through the command line, waits for the scan, and sees that it ends well. */
async function mount(
  t: TestContext,
  config: string,
  variables: NodeJS.ProcessEnv,
  use: (example: Example) => Promise<void>,
): Promise<void> {
  const folder = temporaryFolder(t);
  const mountpoint = join(folder, "mnt");
  mkdirSync(mountpoint);
  const options = { cwd: folder, env: { ...environment(folder), ...variables } };
  const command = (name: string): [string, ...string[]] => [
    process.execPath,
    BIN,
    name,
    "--config",
    join(CONFIGS, basename(config)),
  ];
  const status = async (): Promise<Status> => {
    const { code, stdout, stderr } = await run([...command("status"), "--json"], options);
    if (code !== 0) throw new Error(`status ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Status;
  };

  const [program, ...args] = command("start");
  const daemon = spawn(program, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  const ended = endOf(daemon);
  try {
    await until(`${config} is scanned`, () => isScanned(daemon, ended, status), DEADLINE_MS);
    await use({ folder, mountpoint, status });
  } finally {
    daemon.kill("SIGTERM");
    await within("the daemon's end", ended, DEADLINE_MS);
  }
  const { code, stderr } = await ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(mountpoint), []);
}

interface End {
  readonly code: number | NodeJS.Signals | null;
  readonly stderr: string;
}

function endOf(daemon: ChildProcess): Promise<End> {
  let stderr = "";
  daemon.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    daemon.once("close", (code, signal) => resolve({ code: code ?? signal, stderr }));
  });
}

async function isScanned(
  daemon: ChildProcess,
  ended: Promise<End>,
  status: () => Promise<Status>,
): Promise<boolean> {
  if (daemon.exitCode !== null) throw new Error(`the daemon ended: ${(await ended).stderr}`);
  const { state, scan } = await status().catch(() => ({ state: undefined, scan: undefined }));
  return state === "mounted" && scan?.state === "idle" && scan.done > 0;
}

function environment(folder: string): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return {
    PATH,
    HOME: folder,
    MUSICFS_MOUNTPOINT: join(folder, "mnt"),
    MUSICFS_STATE_DIR: join(folder, "state"),
    MUSICFS_CACHE_DIR: join(folder, "cache"),
    MUSICFS_RUNTIME_DIR: join(folder, "run"),
  };
}
