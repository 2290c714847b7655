import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { credentials, loadPackageDefinition, type ServiceClientConstructor, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Methods } from "../../../core/control/methods.js";
import { serveControl } from "../../../core/control/server.js";
import { MusicfsError } from "../../../core/errors.js";
import { silentLogger } from "../../support/loggers.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const PROTOS = fileURLToPath(new URL("../../../../proto", import.meta.url));

const METHODS: Partial<Methods> = {
  getStatus: () => ({ version: "0.0.7", bytes: 2n ** 53n }),
  listOrigins: () => {
    throw new MusicfsError("MFS_ORIGIN_UNAVAILABLE", "the disk is away");
  },
  async *subscribeEvents({ types }) {
    for (const type of types) yield { events: [{ number: 1n, type }] };
  },
};

interface GrpcError {
  readonly code: number;
  readonly details: string;
}

type Unary = (
  request: object,
  done: (error: GrpcError | null, answer: Record<string, unknown>) => void,
) => void;
type Streaming = (request: object) => AsyncIterable<Record<string, unknown>>;

async function connect(t: TestContext) {
  const socketPath = join(temporaryFolder(t), "run/default.sock");
  const server = await serveControl(socketPath, async () => METHODS, silentLogger());
  t.after(() => server.close());
  const definition = loadSync("musicfs/v1/service.proto", {
    includeDirs: [PROTOS],
    longs: Number,
    enums: String,
  });
  const { musicfs } = loadPackageDefinition(definition) as unknown as {
    musicfs: { v1: { MusicFS: ServiceClientConstructor } };
  };
  const client = new musicfs.v1.MusicFS(`unix:${socketPath}`, credentials.createInsecure());
  t.after(() => client.close());
  return client;
}

function call(client: object, method: string, request: object = {}): Promise<Record<string, unknown>> {
  const unary = (client as Record<string, Unary>)[method] as Unary;
  return new Promise((resolve, reject) => {
    unary.call(client, request, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

test("a gRPC client that is not our library's calls, and gets answers and errors", async (t) => {
  const client = await connect(t);
  const { version, bytes } = await call(client, "GetStatus");
  assert.deepEqual([version, bytes], ["0.0.7", 2 ** 53]);
  await assert.rejects(call(client, "ListOrigins"), {
    code: status.UNAVAILABLE,
    details: "the disk is away",
  });
  await assert.rejects(call(client, "ListViews"), { code: status.UNIMPLEMENTED });
});

test("it reads streams", async (t) => {
  const client = await connect(t);
  const subscribe = (client as unknown as Record<string, Streaming>).SubscribeEvents as Streaming;
  const seen: unknown[] = [];
  const types = ["EVENT_TYPE_MOUNTED", "EVENT_TYPE_FILE_ADDED"];
  for await (const { events } of subscribe.call(client, { types })) seen.push(events);
  assert.deepEqual(
    seen,
    types.map((type) => [{ number: 1, type }]),
  );
});
