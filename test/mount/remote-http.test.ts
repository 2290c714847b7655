import { test } from "node:test";
import { startApache } from "../support/servers/apache.js";
import { checkRemoteMount, fillWithExamples, putIntoFolder } from "./fixtures/remote-mount.js";

test("a web server's folder is mounted: its tree and bytes, its changes, and what is there when it is gone", async (t) => {
  const server = await startApache();
  t.after(() => server.close());
  const put = putIntoFolder(server.root);
  await fillWithExamples(put);
  await checkRemoteMount(t, {
    port: Number(new URL(server.url).port),
    origin: (port) =>
      `originHttp(${JSON.stringify({ url: `http://127.0.0.1:${port}/plain`, pollInterval: "1 s", idleTimeout: "1 s" })})`,
    put,
    kill: () => server.kill(),
  });
});
