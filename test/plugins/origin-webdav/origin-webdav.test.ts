import { after, before, describe, test } from "node:test";
import { originContract, runContract } from "musicfs/testing";
import { startApache } from "../../support/servers/apache.js";
import { folderSubject } from "../../support/servers/folder-subject.js";
import type { WebServer } from "../../support/servers/web-server.js";
import { openWebdav } from "./contract.js";

describe("origin-webdav keeps the contract of an origin with apache2", () => {
  let server: WebServer;
  before(async () => {
    server = await startApache();
  });
  after(() => server.close());
  runContract(originContract, () => folderSubject(server, (url) => openWebdav({ url })), { test });
});
