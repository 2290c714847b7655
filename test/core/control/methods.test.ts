import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { curlMethod, curlStream } from "../../support/curl.js";
import { connectGrpc, type Message } from "../../support/grpc-client.js";
import { withMount } from "../../support/mount.js";
import { EXAMPLE_LIBRARY } from "../../support/tree-files.js";

interface Call {
  readonly method: string;
  readonly request?: object;
  /** What the answer, or the first message of a stream, must hold. */
  readonly expect?: (answer: Message) => void;
  /** Whether its part of MusicFS is still to come. */
  readonly isMissing?: boolean;
}

const TRACK = "/Marrow & Finch/Salt Lanterns (2019)/01 - Tide Table.flac";

/** Every method of the API, with a request that a daemon over the example library answers. */
const CALLS: readonly Call[] = [
  { method: "GetStatus", expect: ({ tracks }) => assert.equal(tracks, 32) },
  {
    method: "GetMetadata",
    request: { path: TRACK },
    expect: ({ kind, track }) => {
      assert.equal(kind, "track");
      assert.equal((track as Message).title, "Tide Table");
    },
  },
  { method: "Search", request: { query: "tide" }, isMissing: true },
  { method: "SearchStream", request: { query: "tide" }, isMissing: true },
  {
    method: "ListOrigins",
    expect: ({ origins }) => {
      const [origin] = origins as Message[];
      assert.deepEqual([origin?.state, origin?.files], ["ORIGIN_STATE_CONNECTED", 32]);
    },
  },
  {
    method: "GetOriginHealth",
    request: { originId: EXAMPLE_LIBRARY },
    expect: ({ latencyMs }) => assert.ok(Number(latencyMs) > 0),
  },
  {
    method: "RescanOrigin",
    request: { originId: EXAMPLE_LIBRARY, path: "Loose" },
    expect: ({ progress, summary }) => assert.ok(progress || (summary as Message).complete === true),
  },
  {
    method: "ConfirmOrigin",
    request: { originId: EXAMPLE_LIBRARY },
    expect: ({ removed }) => assert.ok(!removed),
  },
  { method: "GetScanReport", isMissing: true },
  {
    method: "ListViews",
    expect: ({ views }) => {
      const [view] = views as Message[];
      assert.deepEqual([view?.path, view?.layout, view?.tracks], ["/", "layout-artist-album", 32]);
    },
  },
  { method: "GetCacheStats", isMissing: true },
  { method: "GetCacheUsage", isMissing: true },
  { method: "ClearCache", isMissing: true },
  { method: "Prefetch", isMissing: true },
  { method: "VerifyCache", isMissing: true },
  { method: "CollectCacheGarbage", isMissing: true },
  { method: "ListCachePins", isMissing: true },
  { method: "PinCache", isMissing: true },
  { method: "UnpinCache", isMissing: true },
  { method: "ListCollections", isMissing: true },
  { method: "AddCollection", isMissing: true },
  { method: "RemoveCollection", isMissing: true },
  {
    method: "SubscribeEvents",
    request: { past: 100, pastOnly: true },
    expect: ({ events }) => assert.equal((events as Message[])[0]?.type, "EVENT_TYPE_MOUNTED"),
  },
  {
    method: "ListPlugins",
    expect: ({ plugins }) => assert.ok((plugins as Message[]).some(({ name }) => name === "mount-fuse")),
  },
  { method: "ReloadConfig", isMissing: true },
  { method: "ReadLogs", isMissing: true },
  { method: "SetLogLevel", isMissing: true },
  // The last, since it ends the daemon; asked twice, it is still one stop.
  { method: "Shutdown" },
];

test("every method answers gRPC and curl", () =>
  withMount({ driver: "mount-fuse", library: EXAMPLE_LIBRARY }, async ({ instance }) => {
    const socket = join(instance.folder, "run/musicfs/default.sock");
    const client = connectGrpc(`unix:${socket}`);
    try {
      assert.deepEqual(
        CALLS.map(({ method }) => method),
        [...client.methods.keys()].filter((name) => name !== "Shutdown").concat("Shutdown"),
      );
      for (const call of CALLS) await callBoth(client, socket, call);
    } finally {
      client.close();
    }
  }));

async function callBoth(
  client: ReturnType<typeof connectGrpc>,
  socket: string,
  { method, request = {}, expect, isMissing }: Call,
): Promise<void> {
  const where = ["--unix-socket", socket];
  const isStream = client.methods.get(method) === true;
  const byGrpc = isStream
    ? client.read(method, request).then(([first]) => first ?? {})
    : client.call(method, request);
  if (isMissing) return void (await byGrpc.catch(() => undefined));
  const answer = await byGrpc;
  expect?.(answer);
  if (isStream) {
    const { status, messages } = await curlStream(where, method, request);
    assert.equal(status, 200, method);
    assert.equal(messages.at(-1)?.error, undefined, method);
    expect?.(messages[0] ?? {});
  } else if (method !== "Shutdown") {
    const { status, answer: byCurl } = await curlMethod(where, method, request);
    assert.equal(status, 200, `${method}: ${JSON.stringify(byCurl)}`);
    expect?.(byCurl);
  }
}
