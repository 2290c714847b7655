import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { OriginError, type OriginErrorKind } from "musicfs";
import { FileReader, WebClient } from "musicfs/http";
import { createRandom } from "musicfs/testing";
import { freePort } from "../../support/free-port.js";
import { until, within } from "../../support/process.js";
import {
  answerText,
  type LyingServer,
  openLyingServer,
  type RawAnswer,
} from "../../support/servers/lying-server.js";

const SIZE = 100_000;
const CONTENT = createRandom(5).bytes(SIZE);
const MODIFIED = "Tue, 24 Nov 2026 18:00:00 GMT";
const FILE = { path: "a b.flac", sizeBytes: SIZE, mtimeMs: Date.parse(MODIFIED) + 250, version: '"one"' };
const [FROM, LENGTH] = [1000, 5000];
const PIECE = CONTENT.subarray(FROM, FROM + LENGTH);
const TRUE_HEADERS = {
  "content-length": LENGTH,
  "content-range": `bytes ${FROM}-${FROM + LENGTH - 1}/${SIZE}`,
  etag: '"one"',
  "last-modified": MODIFIED,
};
const IDLE_MS = 400;
const PATIENT_MS = 1_000;
const noAbort = new AbortController().signal;

/** What a server may answer to the range, and what becomes of it: the bytes, or an error of this kind. */
const ANSWERS: Readonly<Record<string, readonly [OriginErrorKind | "bytes", RawAnswer]>> = {
  "the truth": ["bytes", says(206, {}, PIECE)],
  "the truth, without a length": ["bytes", closing(206, { "content-length": undefined }, PIECE)],
  "the truth, without a validator": [
    "bytes",
    says(206, { etag: undefined, "last-modified": undefined }, PIECE),
  ],
  "a version that it calls weak now": ["bytes", says(206, { etag: 'W/"one"' }, PIECE)],
  "a total that it does not know": [
    "bytes",
    says(206, { "content-range": `bytes ${FROM}-${FROM + LENGTH - 1}/*` }, PIECE),
  ],
  "a body that ends early": ["unavailable", closing(206, {}, PIECE.subarray(0, 4000))],
  "a body that ends early, without a length": [
    "wrong",
    closing(206, { "content-length": undefined }, PIECE.subarray(0, 4000)),
  ],
  "a body that is longer, without a length": [
    "wrong",
    closing(206, { "content-length": undefined }, CONTENT),
  ],
  "a length that is longer": ["wrong", says(206, { "content-length": LENGTH + 1 }, CONTENT)],
  "a length that is shorter": ["wrong", says(206, { "content-length": LENGTH - 1 }, PIECE.subarray(1))],
  "a length that is none": ["wrong", says(206, { "content-length": "many" }, PIECE)],
  "the whole file": ["wrong", says(200, { "content-range": undefined, "content-length": SIZE }, CONTENT)],
  "the whole of another file": [
    "changed",
    says(200, { "content-range": undefined, "content-length": SIZE + 1, etag: undefined }, CONTENT),
  ],
  "the piece as if it were the whole": [
    "changed",
    says(200, { "content-range": undefined, etag: undefined }, PIECE),
  ],
  "another range": ["wrong", says(206, { "content-range": `bytes 0-${LENGTH - 1}/${SIZE}` }, PIECE)],
  "a range that is shorter": [
    "wrong",
    says(
      206,
      { "content-range": `bytes ${FROM}-${FROM + 9}/${SIZE}`, "content-length": 10 },
      PIECE.subarray(0, 10),
    ),
  ],
  "no range": ["wrong", says(206, { "content-range": undefined }, PIECE)],
  "a range that is none": ["wrong", says(206, { "content-range": "pages 3-4" }, PIECE)],
  "several ranges in one": [
    "wrong",
    says(206, { "content-range": undefined, "content-type": "multipart/byteranges; boundary=x" }, PIECE),
  ],
  "another total": [
    "changed",
    says(206, { "content-range": `bytes ${FROM}-${FROM + LENGTH - 1}/${SIZE - 1}` }, PIECE),
  ],
  "another ETag": ["changed", says(206, { etag: '"two"' }, PIECE)],
  "another time, and no ETag": [
    "changed",
    says(206, { etag: undefined, "last-modified": "Tue, 24 Nov 2026 18:00:01 GMT" }, PIECE),
  ],
  "the range, compressed": ["wrong", says(206, { "content-encoding": "gzip" }, PIECE)],
  "416 for a smaller file": ["changed", says(416, { "content-range": "bytes */900", "content-length": 0 })],
  "416 for the same file": ["wrong", says(416, { "content-range": `bytes */${SIZE}`, "content-length": 0 })],
  "412": ["changed", says(412, { "content-length": 0 })],
  "304": ["wrong", says(304, {})],
  "204": ["wrong", says(204, { "content-length": undefined })],
  "400": ["wrong", says(400, { "content-length": 0 })],
  "401": ["refused", says(401, { "content-length": 0 })],
  "403": ["refused", says(403, { "content-length": 0 })],
  "404": ["missing", says(404, { "content-length": 0 })],
  "410": ["missing", says(410, { "content-length": 0 })],
  "429": ["busy", says(429, { "content-length": 0 })],
  "500": ["unavailable", says(500, { "content-length": 0 })],
  "503": ["unavailable", says(503, { "content-length": 0 })],
  "503 with a time to come back": ["busy", says(503, { "content-length": 0, "retry-after": 7 })],
  "what is not HTTP": ["wrong", (_, socket) => socket.end("220 mail.example ESMTP\r\n")],
  "headers without end": [
    "wrong",
    (_, socket) => socket.write(`HTTP/1.1 206 X\r\nx: ${"y".repeat(200_000)}`),
  ],
  "nothing, and a closed connection": ["unavailable", (_, socket) => socket.end()],
  "a reset in the middle": [
    "unavailable",
    (_, socket) =>
      socket.write(answerText(206, TRUE_HEADERS, PIECE.subarray(0, 99)), () => socket.resetAndDestroy()),
  ],
  "nothing at all": ["unavailable", () => undefined],
  "headers and then nothing": ["unavailable", (_, socket) => socket.write(answerText(206, TRUE_HEADERS))],
  "a byte now and then": ["unavailable", drip],
  "a circle": [
    "wrong",
    ({ path }, socket) => socket.write(answerText(302, { location: path, "content-length": 0 })),
  ],
  "another server": ["untrusted", says(301, { location: "http://elsewhere.invalid/a", "content-length": 0 })],
  "a place that is none": ["wrong", says(301, { location: "http://[", "content-length": 0 })],
};

describe("a range of a file over HTTP", () => {
  for (const [name, [expected, answer]] of Object.entries(ANSWERS)) {
    test(`the server gives ${name}: ${expected}`, async (t) => {
      const { server, read } = await reader(t, answer);
      const outcome = await within(
        "the read",
        read().catch((error: unknown) => error),
        20_000,
      );
      assert.ok(server.requests.length > 0, "the server was never asked");
      if (expected === "bytes") {
        assert.ok(outcome instanceof Uint8Array, String(outcome));
        assert.ok(Buffer.compare(outcome, PIECE) === 0, "other bytes");
        assert.equal(outcome.buffer.byteLength, LENGTH, "the buffer is larger than its bytes");
      } else {
        assert.ok(outcome instanceof OriginError, `no OriginError: ${outcome}`);
        assert.equal(outcome.kind, expected, outcome.message);
        assert.match(outcome.message, /^http:\/\/127\.0\.0\.1:\d+: reading 'a b\.flac': /u);
      }
    });
  }

  test("the whole file is good where the whole is wanted", async (t) => {
    const { read } = await reader(
      t,
      says(200, { "content-range": undefined, "content-length": SIZE }, CONTENT),
    );
    assert.ok(Buffer.compare(await read(0, SIZE + 7), CONTENT) === 0);
  });

  test("the time to come back is told, in seconds and as a date", async (t) => {
    const { server, read } = await reader(t, says(429, { "retry-after": 7, "content-length": 0 }));
    const retryAfter = async (): Promise<number | undefined> =>
      ((await read().catch((error: unknown) => error)) as OriginError).retryAfterMs;
    assert.equal(await retryAfter(), 7000);
    server.answer = says(503, { "retry-after": "Fri, 01 Jan 2100 00:00:00 GMT", "content-length": 0 });
    assert.ok(((await retryAfter()) ?? 0) > 365 * 86_400_000);
  });

  test("a redirection within the server is followed, with what proves who asks", async (t) => {
    const { server, read } = await reader(t, ({ path }, socket) => {
      if (path === "/a%20b.flac")
        socket.write(answerText(302, { location: "/moved?x=1", "content-length": 0 }));
      else socket.write(answerText(206, TRUE_HEADERS, PIECE));
    });
    assert.ok(Buffer.compare(await read(), PIECE) === 0);
    assert.deepEqual(
      server.requests.map(({ path, headers }) => [path, headers.authorization]),
      [
        ["/a%20b.flac", "Basic canary"],
        ["/moved?x=1", "Basic canary"],
      ],
    );
  });

  test("nothing is sent where a redirection leads elsewhere", async (t) => {
    const other = await openLyingServer(t, says(206, {}, PIECE));
    const { read } = await reader(t, says(307, { location: `${other.url}/a%20b.flac`, "content-length": 0 }));
    await assert.rejects(read(), { kind: "untrusted", message: /write it into the config/u });
    assert.deepEqual(other.requests, []);
  });

  test("412 for the same version is seen through: it is asked without a condition, and its ETag decides", async (t) => {
    const weak: RawAnswer = ({ headers }, socket) =>
      socket.write(
        headers["if-match"]
          ? answerText(412, { "content-length": 0 })
          : answerText(206, { ...TRUE_HEADERS, etag: 'W/"one"' }, PIECE),
      );
    const { server, read } = await reader(t, weak);
    assert.ok(Buffer.compare(await read(), PIECE) === 0);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers["if-match"]),
      ['"one"', undefined],
    );
  });

  test("of a file without a version, bytes of one ETag only are given", async (t) => {
    const { server, read } = await reader(t, says(206, {}, PIECE), { ...FILE, version: undefined });
    await read();
    await read();
    assert.deepEqual(
      server.requests.map(({ headers }) => headers["if-match"]),
      [undefined, '"one"'],
    );
    server.answer = says(206, { etag: '"two"' }, PIECE);
    await assert.rejects(read(), { kind: "changed" });
    await read();
  });

  test("connections are kept, and one that the server has closed is replaced without a word", async (t) => {
    const { server, read } = await reader(t, says(206, {}, PIECE));
    for (let round = 0; round < 5; round += 1) await read();
    assert.ok(server.connections < 5 && (server.requests.at(-1)?.before.onConnection ?? 0) > 0);
    let isFirst = true;
    server.answer = (_, socket) => {
      if (isFirst) socket.destroy();
      else socket.write(answerText(206, TRUE_HEADERS, PIECE));
      isFirst = false;
    };
    assert.ok(Buffer.compare(await read(), PIECE) === 0);
  });

  test("a server that is not there is unavailable, and so is a name", async () => {
    for (const url of [`http://127.0.0.1:${await freePort()}`, "http://nowhere.invalid"]) {
      const client = new WebClient({ url, connections: 2, idleTimeoutMs: 5_000 });
      await assert.rejects(readWith(client, FILE), { name: "OriginError", kind: "unavailable" });
      await client.close();
    }
  });

  test("an abort ends a read at once, closes its connection, and leaves others alone", async (t) => {
    let asked: { readonly destroyed: boolean } | undefined;
    const { server, client } = await reader(t, (_, socket) => {
      asked = socket;
    });
    const controller = new AbortController();
    const reason = new Error("enough");
    const read = readWith(client, FILE, FROM, LENGTH, controller.signal);
    await until("the server is asked", () => asked);
    controller.abort(reason);
    await assert.rejects(read, (error) => error === reason);
    await until("its connection is closed", () => asked?.destroyed);
    server.answer = says(206, {}, PIECE);
    assert.ok(Buffer.compare(await readWith(client, FILE), PIECE) === 0);
  });

  test("no secret of this process is in an error", async (t) => {
    const { secret } = await import("musicfs");
    secret().parse("s3cr3t-CANARY");
    const { client } = await reader(
      t,
      says(302, { location: "http://s3cr3t-canary.invalid/s3cr3t-CANARY", "content-length": 0 }),
    );
    const request = { path: "/x", what: "reading 's3cr3t-CANARY'" };
    const error = await client.send(request, noAbort).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof OriginError && !error.message.includes("CANARY"), String(error));
  });
});

describe("an answer that is taken piece by piece", () => {
  test("holds the server up while nobody takes it, and is not called slow for that", async (t) => {
    const whole = Buffer.alloc(64 * 1024 * 1024, 7);
    let sentAll = false;
    const server = await openLyingServer(t, (_, socket) => {
      socket.write(answerText(200, { "content-length": whole.length }, whole), () => {
        sentAll = true;
      });
    });
    const client = new WebClient({ url: server.url, connections: 1, idleTimeoutMs: PATIENT_MS });
    t.after(() => client.close());
    const answer = await client.send({ path: "/", what: "listing" }, noAbort);
    let bytes = 0;
    for await (const piece of answer.body) {
      if (bytes === 0) {
        await new Promise((resolve) => setTimeout(resolve, 2 * PATIENT_MS));
        assert.equal(sentAll, false);
      }
      bytes += piece.length;
    }
    assert.equal(bytes, whole.length);
  });

  test("ends with an error when it breaks off, and with the reason of an abort", async (t) => {
    const { client } = await reader(t, (_, socket) => {
      socket.write(answerText(200, { "content-length": 10 }, "12345"));
    });
    await assert.rejects(taken(client, noAbort), { kind: "unavailable" });
    const controller = new AbortController();
    const taking = taken(client, controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(taking, { message: "enough" });
  });
});

async function taken(client: WebClient, signal: AbortSignal): Promise<void> {
  const { body } = await client.send({ path: "/", what: "listing" }, signal);
  for await (const _piece of body);
}

async function reader(
  t: TestContext,
  answer: RawAnswer,
  file: { readonly version: string | undefined } & Omit<typeof FILE, "version"> = FILE,
): Promise<{
  server: LyingServer;
  client: WebClient;
  read: (offsetBytes?: number, lengthBytes?: number) => Promise<Uint8Array>;
}> {
  const server = await openLyingServer(t, answer);
  const client = new WebClient({
    url: server.url,
    connections: 4,
    idleTimeoutMs: IDLE_MS,
    authorize: async () => ({ authorization: "Basic canary" }),
  });
  t.after(() => client.close());
  const files = new FileReader(client);
  const { version, ...rest } = file;
  const listed = version === undefined ? rest : { ...rest, version };
  const request = { path: "/a%20b.flac", what: `reading '${FILE.path}'` };
  return {
    server,
    client,
    read: (offsetBytes = FROM, lengthBytes = LENGTH) =>
      files.read(request, listed, offsetBytes, lengthBytes, noAbort),
  };
}

function readWith(
  client: WebClient,
  file: typeof FILE,
  offsetBytes = FROM,
  lengthBytes = LENGTH,
  signal = noAbort,
): Promise<Uint8Array> {
  const request = { path: "/a%20b.flac", what: `reading '${file.path}'` };
  return new FileReader(client).read(request, file, offsetBytes, lengthBytes, signal);
}

type Headers = Readonly<Record<string, string | number | undefined>>;

function headersWith(changes: Headers): Record<string, string | number> {
  const all = Object.entries({ ...TRUE_HEADERS, ...changes });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as Record<
    string,
    string | number
  >;
}

function says(status: number, changes: Headers, body?: Uint8Array): RawAnswer {
  return (_, socket) => socket.write(answerText(status, headersWith(changes), body));
}

function closing(status: number, changes: Headers, body: Uint8Array): RawAnswer {
  return (_, socket) => socket.end(answerText(status, headersWith(changes), body));
}

function drip(_: unknown, socket: Parameters<RawAnswer>[1]): void {
  socket.write(answerText(206, TRUE_HEADERS));
  const timer = setInterval(() => socket.write("x"), 50);
  socket.once("close", () => clearInterval(timer));
}
