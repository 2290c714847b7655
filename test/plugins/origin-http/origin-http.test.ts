import { once } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type OriginSubject, originContract, runContract, writeSampleTree } from "musicfs/testing";
import { createLibraryServer } from "../../../examples/plugins/origin-http-manifest/serve-library.js";
import { startApache } from "../../support/servers/apache.js";
import { folderSubject } from "../../support/servers/folder-subject.js";
import type { WebServer } from "../../support/servers/web-server.js";
import { openHttp } from "./open-http.js";

describe("origin-http keeps the contract of an origin with Apache's indexes", () => {
  let server: WebServer;
  before(async () => {
    server = await startApache();
  });
  after(() => server.close());
  const open = (url: string) => openHttp({ url: url.replace("/music/", "/plain/") });
  // Each file is looked at by itself.
  runContract(originContract, async () => ({ ...(await folderSubject(server, open)), manyFiles: 3_000 }), {
    test,
  });
});

describe("origin-http keeps the contract of an origin with a manifest", () => {
  runContract(originContract, manifestSubject, { test });
});

async function manifestSubject(): Promise<OriginSubject> {
  const folder = mkdtempSync(join(tmpdir(), "musicfs-test-"));
  const servers: Server[] = [];
  const serve = async (name: string) => {
    const server = createLibraryServer(join(folder, name)).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return openHttp({ url: `http://127.0.0.1:${port}`, manifest: "manifest.jsonl" });
  };
  const expected = writeSampleTree(join(folder, "music"));
  return {
    origin: await serve("music"),
    expected,
    replace: async (path, bytes) => {
      writeFileSync(join(folder, "new"), bytes);
      renameSync(join(folder, "new"), join(folder, "music", path));
    },
    remove: async (path) => rmSync(join(folder, "music", path)),
    openMissing: () => serve("not there"),
    openWith: async (files) => {
      for (const { path, bytes } of files) {
        mkdirSync(dirname(join(folder, "more", path)), { recursive: true });
        writeFileSync(join(folder, "more", path), bytes);
      }
      return serve("more");
    },
    close: () => {
      for (const server of servers) server.close().closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
