import { readFileSync } from "node:fs";
import { test } from "node:test";
import { S3RVER_KEYS, startS3Rver } from "../support/servers/s3rver.js";
import { checkRemoteMount, fillWithExamples } from "./fixtures/remote-mount.js";

test("a bucket of S3 is mounted: its tree and bytes, its changes, and what is there when it is gone", async (t) => {
  const server = await startS3Rver();
  t.after(() => server.close());
  const put = async (path: string, file: string): Promise<void> =>
    server.put("music", `My Music/${path}`, readFileSync(file));
  await fillWithExamples(put);
  await checkRemoteMount(t, {
    port: Number(new URL(server.endpoint).port),
    origin: (port) =>
      `originS3(${JSON.stringify({
        bucket: "music",
        prefix: "My Music",
        endpoint: `http://127.0.0.1:${port}`,
        ...S3RVER_KEYS,
        pollInterval: "1 s",
        idleTimeout: "1 s",
      })})`,
    put,
    kill: () => server.kill(),
  });
});
