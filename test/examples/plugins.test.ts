import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import type { Origin } from "musicfs";
import {
  layoutContract,
  type OriginSubject,
  originContract,
  runContract,
  searchContract,
  setUpPlugin,
  writeSampleTree,
} from "musicfs/testing";
import { changeLog } from "../../examples/plugins/change-log.js";
import { layoutFlat } from "../../examples/plugins/layout-flat.js";
import { originHttpManifest } from "../../examples/plugins/origin-http-manifest/index.js";
import { parseManifest } from "../../examples/plugins/origin-http-manifest/manifest.js";
import { createLibraryServer } from "../../examples/plugins/origin-http-manifest/serve-library.js";
import { searchContains } from "../../examples/plugins/search-contains.js";
import { temporaryFolder } from "../support/temporary-folder.js";

describe("examples: layout-flat keeps the contract of a layout", () => {
  runContract(layoutContract, () => setUpPlugin(layoutFlat()), { test });
});

describe("examples: search-contains keeps the contract of a search engine", () => {
  const makeSubject = async () => {
    const plugin = await setUpPlugin(searchContains());
    return { engine: await plugin.searchEngine(), close: plugin.close };
  };
  runContract(searchContract, makeSubject, { test });
});

describe("examples: origin-http-manifest keeps the contract of an origin", () => {
  runContract(originContract, makeHttpSubject, { test });
});

describe("examples: origin-http-manifest", () => {
  const line = `{"path":"a.mp3","size":1,"mtime":0,"etag":"x"}\n`;
  const cases: readonly [what: string, manifest: string][] = [
    ["breaks off", line],
    ["breaks off within a line", `${line}{"path":"b.`],
    ["has fewer files than it says", `${line}{"end":true,"files":2}\n`],
    ["leads out of the root", `{"path":"../a.mp3","size":1,"mtime":0,"etag":"x"}\n{"end":true,"files":1}\n`],
    ["has a line without an end", "x".repeat(200_000)],
    ["has a size below zero", `{"path":"a.mp3","size":-1,"mtime":0,"etag":"x"}\n{"end":true,"files":1}\n`],
  ];
  for (const [what, manifest] of cases) {
    test(`a manifest that ${what} is an error`, async () => {
      const parse = async (): Promise<void> => {
        for await (const _files of parseManifest(inPieces(manifest)));
      };
      await assert.rejects(parse, /manifest/);
    });
  }

  test("refuses an address that is none, or that holds a password", async () => {
    assert.equal(originHttpManifest({ url: "ftp://example.com" }).problems.length, 1);
    await assert.rejects(() => setUpPlugin(originHttpManifest({ url: "http://me:secret@localhost/" })), {
      code: "MFS_CONFIG_INVALID",
    });
  });
});

describe("examples: change-log", () => {
  test("writes what changed, batch after batch", async (t) => {
    const configDir = temporaryFolder(t);
    const plugin = await setUpPlugin(changeLog({ file: "log.jsonl" }), { configDir });
    t.after(() => plugin.close());
    const none = { added: [], changed: [], removed: [] };
    await Promise.all([
      plugin.hooks.libraryChanged.call({ ...none, added: ["/a.mp3", '/with "quotes"\n.mp3'] }),
      plugin.hooks.libraryChanged.call({ ...none, removed: ["/a.mp3"] }),
    ]);
    const lines = readFileSync(join(configDir, "log.jsonl"), "utf8").trimEnd().split("\n");
    const changes = lines.map((text) => {
      const { time, ...change } = JSON.parse(text);
      assert.ok(Number.isFinite(Date.parse(time)));
      return change;
    });
    assert.deepEqual(changes, [
      { added: "/a.mp3" },
      { added: '/with "quotes"\n.mp3' },
      { removed: "/a.mp3" },
    ]);
    assert.deepEqual(plugin.eventErrors, []);
  });

  test("goes on after a file that could not be written, and says so", async (t) => {
    const configDir = temporaryFolder(t);
    const plugin = await setUpPlugin(changeLog({ file: "folder/log.jsonl" }), { configDir });
    t.after(() => plugin.close());
    const change = { added: ["/a.mp3"], changed: [], removed: [] };
    await plugin.hooks.libraryChanged.call(change);
    assert.match(
      plugin.eventErrors[0]?.message ?? "",
      /'change-log' failed in hook 'libraryChanged': ENOENT/,
    );
    mkdirSync(join(configDir, "folder"));
    await plugin.hooks.libraryChanged.call(change);
    assert.ok(existsSync(join(configDir, "folder", "log.jsonl")));
    assert.equal(plugin.eventErrors.length, 1);
  });
});

async function makeHttpSubject(): Promise<OriginSubject> {
  const base = mkdtempSync(join(tmpdir(), "musicfs-test-"));
  const servers: Server[] = [];
  const serve = async (root: string): Promise<Origin> => {
    const server = createLibraryServer(root);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const plugin = await setUpPlugin(
      originHttpManifest({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    );
    const [origin] = await plugin.origins();
    await plugin.close();
    return origin as Origin;
  };
  const expected = writeSampleTree(join(base, "music"));
  return {
    origin: await serve(join(base, "music")),
    expected,
    replace: (path, bytes) => writeFile(join(base, "music", path), bytes),
    remove: (path) => rm(join(base, "music", path)),
    openMissing: () => serve(join(base, "not there")),
    openWith: async (files) => {
      for (const { path, bytes } of files) {
        const full = join(base, "more", path);
        mkdirSync(dirname(full), { recursive: true });
        writeFileSync(full, bytes);
      }
      return serve(join(base, "more"));
    },
    close: () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      rmSync(base, { recursive: true, force: true });
    },
  };
}

async function* inPieces(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += 7) yield text.slice(at, at + 7);
}
