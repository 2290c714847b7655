import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { curlMethod, curlStream } from "../../support/curl.js";
import { freePort } from "../../support/free-port.js";
import { connectGrpc, type GrpcClient, type Message } from "../../support/grpc-client.js";
import { type TestMount, withMount } from "../../support/mount.js";
import { until, within } from "../../support/process.js";
import { EXAMPLE_LIBRARY } from "../../support/tree-files.js";

interface Call {
  readonly method: string;
  readonly request?: object;
  /** What the answer, or the last message of a stream, must hold. */
  readonly expect: (answer: Message) => void;
  /** What the second call, by curl, is answered with. @default 200 */
  readonly again?: number;
}

const TRACK = "/Marrow & Finch/Salt Lanterns (2019)/01 - Tide Table.flac";
const TOKEN = "a-token-for-the-methods";
const PATH = "Marrow & Finch/Salt Lanterns/01 Tide Table.flac";
const { size: sizeBytes, mtimeMs } = statSync(join(EXAMPLE_LIBRARY, PATH));
const FILE = { originId: "lib", path: PATH, sizeBytes, mtimeMs };

/** Every method of the API but `Shutdown`, with a request that a daemon over the example library answers. */
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
  { method: "Search", request: { query: "tide table" }, expect: expectTideTable },
  { method: "SearchStream", request: { query: "tide table" }, expect: expectTideTable },
  {
    method: "ListOrigins",
    expect: ({ origins }) => {
      const [origin] = origins as Message[];
      assert.deepEqual([origin?.id, origin?.state, origin?.files], ["lib", "ORIGIN_STATE_CONNECTED", 32]);
    },
  },
  {
    method: "GetOriginHealth",
    request: { originId: "lib" },
    expect: ({ latencyMs }) => assert.ok(Number(latencyMs) > 0),
  },
  {
    method: "RescanOrigin",
    request: { originId: "lib" },
    expect: ({ summary }) => {
      const { complete, files } = summary as Message;
      assert.deepEqual([complete, files], [true, 32]);
    },
  },
  {
    method: "ConfirmOrigin",
    request: { originId: "lib" },
    expect: ({ removed }) => assert.equal(removed, 0),
  },
  {
    method: "ListSources",
    request: { path: TRACK },
    expect: ({ sources }) => {
      const [source, ...others] = sources as Message[];
      assert.deepEqual([source?.originId, source?.read, others.length], ["lib", true, 0]);
    },
  },
  {
    method: "TestOrigin",
    request: { originId: "lib" },
    expect: ({ outcome }) => assert.equal(outcome, "CHECK_OUTCOME_PASSED"),
  },
  {
    method: "GetScanReport",
    expect: ({ problems }) => {
      const [problem] = problems as Message[];
      assert.deepEqual([problem?.originId, problem?.path], ["lib", "Loose/broken.mp3"]);
    },
  },
  {
    method: "ListViews",
    expect: ({ views }) => {
      const [view] = views as Message[];
      assert.deepEqual([view?.path, view?.layout, view?.tracks], ["/", "layout-artist-album", 32]);
    },
  },
  {
    method: "Prefetch",
    request: { paths: [TRACK] },
    expect: ({ done, filesDone }) => assert.deepEqual([done, Number(filesDone)], [true, 1]),
  },
  { method: "GetCacheStats", expect: ({ wholeFiles }) => assert.ok(Number(wholeFiles) >= 1) },
  {
    method: "GetCacheUsage",
    request: { path: "/Marrow & Finch" },
    expect: ({ entries }) => assert.ok((entries as Message[]).length > 0),
  },
  {
    method: "VerifyCache",
    expect: ({ done, corrupt }) => assert.deepEqual([done, Number(corrupt)], [true, 0]),
  },
  { method: "PinCache", request: { path: TRACK }, expect: ({ files }) => assert.equal(Number(files), 1) },
  {
    method: "ListCachePins",
    expect: ({ pins }) =>
      assert.deepEqual(
        (pins as Message[]).map(({ path }) => path),
        [TRACK],
      ),
  },
  { method: "UnpinCache", request: { path: TRACK }, expect: ({ files }) => assert.equal(Number(files), 1) },
  {
    method: "CollectCacheGarbage",
    request: { dryRun: true },
    expect: ({ files }) => assert.equal(Number(files), 0),
  },
  { method: "ClearCache", request: { dryRun: true }, expect: ({ files }) => assert.ok(Number(files) >= 1) },
  {
    method: "AddCollection",
    request: { name: "Tides", query: "tide", replace: true },
    expect: ({ collection }) => assert.equal((collection as Message).saved, true),
  },
  {
    method: "ListCollections",
    expect: ({ collections }) =>
      assert.ok((collections as Message[]).some(({ name, query }) => name === "Tides" && query === "tide")),
  },
  {
    method: "RemoveCollection",
    request: { name: "Tides" },
    expect: ({ collection }) => assert.equal((collection as Message).name, "Tides"),
    again: 404,
  },
  {
    method: "SubscribeEvents",
    request: { past: 100, pastOnly: true },
    expect: ({ events }) => assert.equal((events as Message[])[0]?.type, "EVENT_TYPE_MOUNTED"),
  },
  {
    method: "ListFiles",
    request: { originId: "lib", paths: ["Marrow & Finch"] },
    expect: ({ files }) => assert.ok((files as Message[]).some(({ path }) => path === FILE.path)),
  },
  {
    method: "StatFile",
    request: { originId: "lib", path: FILE.path },
    expect: ({ file }) => assert.equal(Number((file as Message).sizeBytes), FILE.sizeBytes),
  },
  {
    method: "ReadFile",
    request: { file: FILE, offsetBytes: 0, lengthBytes: 4 },
    expect: ({ data }) => assert.ok(["fLaC", "ZkxhQw=="].includes(String(data))),
  },
  {
    method: "GetManifest",
    request: { file: FILE },
    expect: ({ known, chunks }) => assert.equal(known, (chunks as Message[]).length > 0),
  },
  { method: "ReadChunks", request: { file: FILE, hashes: [] }, expect: () => undefined },
  {
    method: "WatchFiles",
    request: { firstOnly: true },
    expect: ({ files, everything }) => assert.deepEqual([files, everything], [[], false]),
  },
  {
    method: "ListPlugins",
    expect: ({ plugins }) => assert.ok((plugins as Message[]).some(({ name }) => name === "mount-fuse")),
  },
  {
    method: "ReloadConfig",
    expect: ({ configFile, needsRestart }) => {
      assert.match(String(configFile), /musicfs\.config\.ts$/u);
      assert.deepEqual(needsRestart, []);
    },
  },
  {
    method: "ReadLogs",
    request: { lines: 3 },
    expect: ({ entries }) => assert.ok((entries as Message[]).length > 0),
  },
  {
    method: "SetLogLevel",
    request: { level: "LOG_LEVEL_INFO" },
    expect: ({ previous }) => assert.equal(previous, "LOG_LEVEL_INFO"),
  },
];

function expectTideTable({ hits, indexing }: Message): void {
  const [hit] = hits as Message[];
  assert.deepEqual([hit?.title, hit?.path, indexing], ["Tide Table", TRACK, false]);
}

/** One way to reach a daemon, by both clients. */
interface Way {
  readonly client: GrpcClient;
  /** Arguments of curl. */
  readonly where: readonly string[];
  readonly base: string;
}

const library = { library: EXAMPLE_LIBRARY, originOptions: { id: "lib", cache: true } };

test("every method answers gRPC and curl on the Unix socket", () =>
  withMount({ driver: "mount-fuse", ...library }, async (mount) => {
    const socket = join(mount.instance.folder, "run/musicfs/default.sock");
    const client = connectGrpc(`unix:${socket}`);
    const where = ["--unix-socket", socket];
    await callAll(mount, { client, where, base: "http://localhost/musicfs.v1.MusicFS" });
    await client.call("Shutdown");
    client.close();
    await ends(mount);
  }));

test("every method answers gRPC and curl on TCP", async () => {
  const port = await freePort();
  const lines = [`  control: { tcp: { port: ${port}, token: ${JSON.stringify(TOKEN)} } },`];
  await withMount({ driver: "mount-fuse", ...library, lines }, async (mount) => {
    const authorization = `Bearer ${TOKEN}`;
    const client = connectGrpc(`127.0.0.1:${port}`, { headers: { authorization } });
    const way = {
      client,
      where: ["-H", `authorization: ${authorization}`],
      base: `http://127.0.0.1:${port}/musicfs.v1.MusicFS`,
    };
    await callAll(mount, way);
    const { status } = await curlMethod(way.where, "Shutdown", {}, way.base);
    assert.equal(status, 200);
    client.close();
    await ends(mount);
  });
});

async function callAll({ instance }: TestMount, way: Way): Promise<void> {
  const { client } = way;
  const methods = [...CALLS.map(({ method }) => method), "Shutdown"];
  assert.deepEqual(methods.toSorted(), [...client.methods.keys()].toSorted());
  await until("the index is whole", async () => {
    const { stdout } = await instance.cli(["search", "tide table", "--json"]);
    return stdout.includes("Tide Table");
  });
  for (const call of CALLS) {
    try {
      await callBoth(way, call);
    } catch (error) {
      throw new Error(call.method, { cause: error });
    }
  }
}

async function callBoth({ client, where, base }: Way, call: Call): Promise<void> {
  const { method, request = {}, expect, again = 200 } = call;
  if (client.methods.get(method)) {
    expect((await client.read(method, request)).at(-1) ?? {});
    const { status, messages } = await curlStream(where, method, request, base);
    assert.equal(status, again);
    // The last says how it ended.
    assert.deepEqual(messages.at(-1), {});
    expect(messages.at(-2) ?? {});
  } else {
    expect(await client.call(method, request));
    const { status, answer } = await curlMethod(where, method, request, base);
    assert.equal(status, again, JSON.stringify(answer));
    if (again === 200) expect(answer);
  }
}

async function ends({ daemon }: TestMount): Promise<void> {
  const { code, stderr } = await within("the end", daemon.ended);
  assert.equal(code, 0, stderr);
}
