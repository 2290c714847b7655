import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { status } from "@grpc/grpc-js";
import type { Methods } from "../../../core/control/methods.js";
import { controlHandler, serveControl } from "../../../core/control/server.js";
import { MusicfsError } from "../../../core/errors.js";
import { connectGrpc, type GrpcClient } from "../../support/grpc-client.js";
import { silentLogger } from "../../support/loggers.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const METHODS: Partial<Methods> = {
  getStatus: () => ({ version: "0.0.7", bytes: 2n ** 53n }),
  listOrigins: () => {
    throw new MusicfsError("MFS_ORIGIN_UNAVAILABLE", "the disk is away");
  },
  async *subscribeEvents({ types }) {
    for (const type of types) yield { events: [{ number: 1n, type }] };
  },
};

async function connect(t: TestContext): Promise<GrpcClient> {
  const socketPath = join(temporaryFolder(t), "run/default.sock");
  const handler = controlHandler(async () => METHODS, silentLogger(), new AbortController().signal);
  const server = await serveControl(socketPath, handler, silentLogger());
  t.after(() => server.close());
  const client = connectGrpc(`unix:${socketPath}`);
  t.after(() => client.close());
  return client;
}

test("a gRPC client that is not our library's calls, and gets answers and errors", async (t) => {
  const client = await connect(t);
  const { version, bytes } = await client.call("GetStatus");
  assert.deepEqual([version, bytes], ["0.0.7", 2 ** 53]);
  await assert.rejects(client.call("ListOrigins"), { code: status.UNAVAILABLE, details: "the disk is away" });
  await assert.rejects(client.call("ListViews"), { code: status.UNIMPLEMENTED });
});

test("it reads streams", async (t) => {
  const client = await connect(t);
  const types = ["EVENT_TYPE_MOUNTED", "EVENT_TYPE_FILE_ADDED"];
  const messages = await client.read("SubscribeEvents", { types });
  const seen = messages.flatMap(({ events }) => events as { type: string }[]).map(({ type }) => type);
  assert.deepEqual(seen, types);
});
