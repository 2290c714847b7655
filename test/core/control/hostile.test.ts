import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { curl, curlMethod } from "../../support/curl.js";
import { connectGrpc, type GrpcClient, type Message } from "../../support/grpc-client.js";
import { type TestMount, withMount } from "../../support/mount.js";
import { within } from "../../support/process.js";
import { EXAMPLE_LIBRARY, filesBelow } from "../../support/tree-files.js";

const BASE = "http://localhost/musicfs.v1.MusicFS";
const STREAMS = 10_000;

interface Attack {
  readonly socket: string;
  readonly client: GrpcClient;
}

/** What somebody who may call at all may send; the daemon must answer others, and the mount must not notice. */
const ATTACKS: readonly [what: string, run: (attack: Attack) => Promise<void>][] = [
  [
    "a message that is too long",
    async ({ client }) => {
      await assert.rejects(client.call("GetMetadata", { path: "x".repeat(2_000_000) }), { code: 8 });
      await assert.rejects(client.call("GetMetadata", { path: "/x".repeat(400_000) }), { code: 5 });
    },
  ],
  [
    "names that lie nowhere",
    async ({ client }) => {
      for (const path of ["/../../etc/passwd", "/\0", "/.\u202e", "/%2e%2e", "/'; DROP TABLE names; --"]) {
        await assert.rejects(client.call("GetMetadata", { path }), { code: 5 }, path);
      }
      await assert.rejects(client.call("GetOriginHealth", { originId: "__proto__" }), { code: 5 });
    },
  ],
  [
    "files that are none of the library, and ranges and lists that are too long",
    async ({ client }) => {
      const named = (path: string) => ({ originId: "lib", path, sizeBytes: 10, mtimeMs: 1 });
      for (const path of ["../../etc/passwd", "/etc/passwd", "", "\0", "Marrow & Finch"]) {
        const asks = { file: named(path), offsetBytes: 0, lengthBytes: 10 };
        await assert.rejects(client.read("ReadFile", asks), { code: 5 }, path);
        await assert.rejects(client.call("GetManifest", { file: named(path) }), { code: 5 }, path);
      }
      const [first] = await client.read("ListFiles", {});
      const [file] = (first?.files ?? []) as Message[];
      const far = { file, offsetBytes: "18446744073709551615", lengthBytes: 1 };
      await assert.rejects(client.read("ReadFile", far), { code: 3 });
      await assert.rejects(client.read("ReadFile", { file, lengthBytes: 4_000_000_000 }), { code: 3 });
      assert.deepEqual(await client.read("ReadFile", { file, offsetBytes: 2 ** 52, lengthBytes: 9 }), []);
      await assert.rejects(client.read("ReadFile", { offsetBytes: 0, lengthBytes: 9 }), { code: 3 });
      const other = { ...file, mtimeMs: 5 };
      await assert.rejects(client.read("ReadFile", { file: other, lengthBytes: 9 }), { code: 9 });
      const hashes = Array.from({ length: 257 }, () => Buffer.alloc(32));
      await assert.rejects(client.read("ReadChunks", { file, hashes }), { code: 3 });
      await assert.rejects(client.read("ReadChunks", { file, hashes: [Buffer.alloc(9)] }), { code: 5 });
      const paths = Array.from({ length: 10_001 }, () => "x");
      await assert.rejects(client.read("ListFiles", { originId: "lib", paths }), { code: 3 });
      await assert.rejects(client.read("ListFiles", { paths: ["x"] }), { code: 3 });
      await assert.rejects(client.read("ListFiles", { originId: "__proto__" }), { code: 5 });
    },
  ],
  [
    "nesting without end",
    async ({ socket }) => {
      for (const body of ["[".repeat(500_000), `{"a":`.repeat(150_000), `{"types":${"[".repeat(100_000)}`]) {
        const { status } = await sendBody(socket, "application/json", Buffer.from(body));
        assert.equal(status, 400);
      }
      // Groups within groups, as an unknown field.
      const { status } = await sendBody(socket, "application/proto", Buffer.alloc(500_000, 0x7b));
      assert.ok(status >= 400);
    },
  ],
  [
    "an enum that nobody knows, and fields that are none",
    async ({ socket, client }) => {
      const [first] = await client.read("SubscribeEvents", { types: [99, 2_000_000_000], pastOnly: true });
      assert.deepEqual(first?.events, []);
      const where = ["--unix-socket", socket];
      assert.equal((await curlMethod(where, "GetStatus", { __proto__x: 1, nothing: [{}] })).status, 200);
      assert.equal((await curlMethod(where, "SubscribeEvents", { types: ["NOTHING"] })).status, 415);
    },
  ],
  [
    "what is packed to explode",
    async ({ socket }) => {
      const packed = ["-H", "content-type: application/json", "-H", "content-encoding: gzip", "-d", "x"];
      const { status } = await curl(`${BASE}/GetStatus`, ["--unix-socket", socket, ...packed]);
      assert.ok(status >= 400);
    },
  ],
  [
    "callers that say nothing, and never read",
    async ({ socket }) => {
      const silent = Array.from({ length: 100 }, () => open(socket, ""));
      const halves = Array.from({ length: 50 }, () =>
        open(socket, "POST /musicfs.v1.MusicFS/GetStatus HTTP/1.1\r\n"),
      );
      const deaf = Array.from({ length: 20 }, () => subscribeDeaf(socket));
      await answers(socket);
      for (const each of [...silent, ...halves, ...deaf]) each.destroy();
    },
  ],
  [
    `${STREAMS} streams on one connection`,
    async ({ socket, client }) => {
      const streams = Array.from({ length: STREAMS }, () => client.open("SubscribeEvents"));
      await answers(socket);
      for (const stream of streams) stream.cancel();
    },
  ],
  [
    `${STREAMS} streams that are reset at once`,
    async ({ socket }) => {
      const session = connectHttp2("http://localhost", { createConnection: () => connect(socket) });
      session.on("error", () => undefined);
      const headers = {
        ":method": "POST",
        ":path": "/musicfs.v1.MusicFS/SubscribeEvents",
        "content-type": "application/grpc",
      };
      for (let index = 0; index < STREAMS && !session.closed && !session.destroyed; index++) {
        const stream = session.request(headers);
        stream.on("error", () => undefined);
        stream.close(8);
        if (index % 500 === 0) await new Promise(setImmediate);
      }
      await answers(socket);
      session.destroy();
    },
  ],
];

test("nothing that a caller sends keeps others from being answered, or disturbs the mount", () =>
  withMount({ driver: "mount-fuse", library: EXAMPLE_LIBRARY }, async (mount) => {
    const socket = join(mount.instance.folder, "run/musicfs/default.sock");
    for (const [what, attack] of ATTACKS) {
      const client = connectGrpc(`unix:${socket}`);
      try {
        await within(what, Promise.all([attack({ socket, client }), readAll(mount)]), 60_000);
      } catch (error) {
        throw new Error(what, { cause: error });
      } finally {
        client.close();
      }
      await answers(socket);
    }
    const { pid, openFiles } = await mount.instance.status();
    assert.deepEqual([pid, openFiles], [mount.daemon.pid, 0]);
    assert.doesNotMatch(mount.daemon.stderr(), /"level":"error"/u);
  }));

async function answers(socket: string): Promise<void> {
  const { status, answer } = await curlMethod(["--unix-socket", socket], "GetStatus");
  assert.deepEqual([status, answer.state], [200, "INSTANCE_STATE_MOUNTED"]);
}

async function readAll({ mountpoint }: TestMount): Promise<void> {
  for (const path of await filesBelow(mountpoint)) assert.ok(readFileSync(path).length > 0);
}

function open(socketPath: string, text: string): Socket {
  const socket = connect(socketPath);
  socket.on("error", () => undefined);
  socket.write(text);
  return socket;
}

// Asks for events as HTTP/1.1, and reads nothing.
function subscribeDeaf(socketPath: string): Socket {
  const body = "\0\0\0\0\u0002{}";
  const head = [
    "POST /musicfs.v1.MusicFS/SubscribeEvents HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/connect+json",
    `Content-Length: ${body.length}`,
  ];
  return open(socketPath, `${head.join("\r\n")}\r\n\r\n${body}`).pause();
}

async function sendBody(socket: string, type: string, body: Buffer): Promise<{ status: number }> {
  const response = await new Promise<{ status: number }>((resolve, reject) => {
    const session = connectHttp2("http://localhost", { createConnection: () => connect(socket) });
    session.on("error", reject);
    const path = "/musicfs.v1.MusicFS/GetMetadata";
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": type });
    stream.on("error", reject).on("response", (headers) => {
      resolve({ status: Number(headers[":status"]) });
      stream.close();
      session.close();
    });
    stream.end(body);
  });
  return response;
}
