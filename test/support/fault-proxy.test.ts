import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Fault } from "./fault.js";
import { FaultProxy } from "./fault-proxy.js";
import { FaultProxyProcess } from "./fault-proxy-process.js";
import { until } from "./process.js";

const SENT = Buffer.from("a quite ordinary line of bytes");

/** A server that sends back what it gets, and a proxy before it. */
async function openEcho(t: TestContext, fault?: Fault): Promise<FaultProxy> {
  const server = createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await FaultProxy.open({ port: (server.address() as AddressInfo).port }, fault);
  t.after(async () => {
    await proxy.close();
    server.close();
  });
  return proxy;
}

interface Client {
  readonly socket: Socket;
  readonly received: Buffer;
  /** How the connection ended: an error's code, or `""` for an orderly end. */
  readonly ended: string | undefined;
}

function openClient(t: TestContext, port: number): Client {
  const socket = connect(port, "127.0.0.1");
  const client = { socket, received: Buffer.alloc(0), ended: undefined as string | undefined };
  socket.on("data", (bytes) => {
    client.received = Buffer.concat([client.received, bytes]);
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    client.ended = error.code;
  });
  socket.on("end", () => {
    client.ended ??= "";
  });
  t.after(() => socket.destroy());
  return client;
}

test("bytes pass as they are, whole and counted, and so does the end", async (t) => {
  const proxy = await openEcho(t);
  const client = openClient(t, proxy.port);
  const sent = Buffer.alloc(3_000_001, SENT);
  client.socket.end(sent);
  await until("all came back", () => client.ended !== undefined);
  assert.ok(client.received.equals(sent));
  await until("the connection is gone", () => proxy.counts.live === 0);
  const { connections, bytesUp, bytesDown, faults } = proxy.counts;
  assert.deepEqual([connections, bytesUp, bytesDown, faults], [1, sent.length, sent.length, 0]);
});

test("stall lets so many bytes down, and the rest when it is over", async (t) => {
  const proxy = await openEcho(t, { mode: "stall", afterBytes: 8 });
  const client = openClient(t, proxy.port);
  client.socket.write(SENT);
  await until("some came back", () => client.received.length >= 8 && proxy.counts.faults > 0);
  assert.ok(client.received.equals(SENT.subarray(0, 8)));
  proxy.set({ mode: "ok" });
  await until("all came back", () => client.received.length === SENT.length);
  assert.ok(client.received.equals(SENT));
});

test("refuse resets live connections, and new ones", async (t) => {
  const proxy = await openEcho(t);
  const live = openClient(t, proxy.port);
  live.socket.write(SENT);
  await until("it came back", () => live.received.length === SENT.length);
  proxy.set({ mode: "refuse" });
  const late = openClient(t, proxy.port);
  await until("both were reset", () => live.ended === "ECONNRESET" && late.ended === "ECONNRESET");
  assert.equal(proxy.counts.faults, 2);
});

test("reset acts where a byte would pass", async (t) => {
  const proxy = await openEcho(t, { mode: "reset" });
  const client = openClient(t, proxy.port);
  await once(client.socket, "connect");
  client.socket.write(SENT);
  await until("it was reset", () => client.ended === "ECONNRESET");
  assert.equal(client.received.length, 0);
});

test("hang passes nothing until it is over, and then everything", async (t) => {
  const proxy = await openEcho(t, { mode: "hang" });
  const client = openClient(t, proxy.port);
  client.socket.write(SENT);
  await until("the bytes are held", () => proxy.counts.faults > 0);
  assert.deepEqual([client.received.length, proxy.counts.bytesUp], [0, 0]);
  proxy.set({ mode: "ok" });
  await until("it came back", () => client.received.equals(SENT));
});

test("cut closes after exactly so many bytes", async (t) => {
  const proxy = await openEcho(t, { mode: "cut", afterBytes: 7 });
  const client = openClient(t, proxy.port);
  client.socket.write(SENT);
  await until("it was closed", () => client.ended === "");
  assert.ok(client.received.equals(SENT.subarray(0, 7)));
});

test("flip changes one bit of one byte", async (t) => {
  const proxy = await openEcho(t, { mode: "flip", atByte: 5 });
  const client = openClient(t, proxy.port);
  client.socket.write(SENT);
  await until("it came back", () => client.received.length === SENT.length);
  const wrong = [...SENT.keys()].filter((at) => client.received[at] !== SENT[at]);
  assert.deepEqual([wrong, proxy.counts.faults], [[5], 1]);
});

test("delay holds every byte for its time each way, and lets bytes follow each other", async (t) => {
  const proxy = await openEcho(t, { mode: "delay", ms: 30 });
  const client = openClient(t, proxy.port);
  const startMs = performance.now();
  for (let times = 0; times < 20; times++) client.socket.write(SENT);
  await until("all came back", () => client.received.length === 20 * SENT.length);
  assert.ok(performance.now() - startMs >= 119, "connecting and the way there and back");
  assert.ok(proxy.counts.faults >= 2);
});

test("drip lets so many bytes a second down", async (t) => {
  const proxy = await openEcho(t, { mode: "drip", bytesPerSecond: 100 });
  const client = openClient(t, proxy.port);
  const startMs = performance.now();
  client.socket.write(SENT);
  await until("it came back", () => client.received.equals(SENT));
  assert.ok(performance.now() - startMs >= 250);
});

test("faults that swap act on a live connection, until one is set", async (t) => {
  const proxy = await openEcho(t);
  proxy.swap([{ mode: "ok" }, { mode: "hang" }], 5);
  const client = openClient(t, proxy.port);
  await until("some bytes were held", () => {
    client.socket.write(SENT);
    return proxy.counts.faults > 0;
  });
  proxy.set({ mode: "ok" });
  await until("all came back", () => client.received.length === client.socket.bytesWritten);
});

test("live connections are killed with a change where that is asked for", async (t) => {
  const proxy = await openEcho(t);
  const client = openClient(t, proxy.port);
  client.socket.write(SENT);
  await until("it came back", () => client.received.length === SENT.length);
  proxy.set({ mode: "ok" }, { kill: true });
  await until("it was reset", () => client.ended === "ECONNRESET");
  const next = openClient(t, proxy.port);
  next.socket.write(SENT);
  await until("the next one is served", () => next.received.equals(SENT));
});

test("a proxy in a process of its own does the same", async (t) => {
  const inner = await openEcho(t);
  const proxy = await FaultProxyProcess.open({ port: inner.port });
  t.after(() => proxy.close());
  const client = openClient(t, proxy.port);
  client.socket.write(SENT);
  await until("it came back", () => client.received.equals(SENT));
  assert.equal((await proxy.counts()).bytesDown, SENT.length);
  await proxy.set({ mode: "refuse" });
  await until("it was reset", () => client.ended === "ECONNRESET");
});
