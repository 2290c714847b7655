import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { credentials, status } from "@grpc/grpc-js";
import { originMusicfs } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";
import { controlHandler, serveControlTcp } from "../../../core/control/server.js";
import { curl, curlMethod } from "../../support/curl.js";
import { freePort } from "../../support/free-port.js";
import { connectGrpc } from "../../support/grpc-client.js";
import { silentLogger } from "../../support/loggers.js";
import { run } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const TOKEN = "correct-horse-battery-staple";
const AUTHORIZED = ["-H", `authorization: Bearer ${TOKEN}`];
const JSON_TYPE = ["-H", "content-type: application/json"];

interface Served {
  readonly port: number;
  /** Calls that a method has seen. */
  calls(): number;
}

async function serve(t: TestContext, tls?: { cert: string; key: string }): Promise<Served> {
  let calls = 0;
  const methods = {
    getStatus: () => {
      calls += 1;
      return { name: "over tcp" };
    },
    shutdown: () => {
      calls += 1;
      return {};
    },
    async *subscribeEvents() {
      yield { lost: 1n };
    },
  };
  const handler = controlHandler(async () => methods, silentLogger(), new AbortController().signal);
  const port = await freePort();
  const options = { port, host: "127.0.0.1", token: TOKEN, hosts: ["localhost", "127.0.0.1", "music.lan"] };
  const server = await serveControlTcp({ ...options, ...(tls ? { tls } : {}) }, handler, silentLogger());
  t.after(() => server.close());
  return { port, calls: () => calls };
}

test("who has the token is answered, by curl and over gRPC", async (t) => {
  const { port } = await serve(t);
  const { answer } = await curlMethod(
    AUTHORIZED,
    "GetStatus",
    {},
    `http://127.0.0.1:${port}/musicfs.v1.MusicFS`,
  );
  assert.equal(answer.name, "over tcp");
  const client = connectGrpc(`127.0.0.1:${port}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  t.after(() => client.close());
  assert.equal((await client.call("GetStatus")).name, "over tcp");
  assert.deepEqual(
    (await client.read("SubscribeEvents")).map(({ lost }) => lost),
    [1],
  );
});

test("whoever has no token, or another one, is not", async (t) => {
  const { port, calls } = await serve(t);
  const base = `http://127.0.0.1:${port}/musicfs.v1.MusicFS`;
  for (const sent of [[], ["Bearer"], ["Bearer wrong"], [`Bearer ${TOKEN}x`], [TOKEN], [`Basic ${TOKEN}`]]) {
    const headers = sent.flatMap((value) => ["-H", `authorization: ${value}`]);
    const { status: code, answer } = await curlMethod(headers, "GetStatus", {}, base);
    assert.deepEqual([code, answer.code], [401, "unauthenticated"], String(sent));
  }
  const client = connectGrpc(`127.0.0.1:${port}`, { headers: { authorization: "Bearer wrong" } });
  t.after(() => client.close());
  await assert.rejects(client.call("GetStatus"), { code: status.UNAUTHENTICATED });
  assert.equal(calls(), 0);
});

test("a web page gets nothing, even with the token", async (t) => {
  const { port, calls } = await serve(t);
  const base = `http://127.0.0.1:${port}/musicfs.v1.MusicFS`;
  const body = ["-d", "{}"];
  const page = ["-H", "origin: http://evil.test"];
  const refusals: [what: string, args: string[], path: string, status: number][] = [
    [
      "a name that was made to resolve to us",
      ["-H", "host: evil.test", ...JSON_TYPE, ...body],
      "Shutdown",
      403,
    ],
    ["the same with a port", ["-H", `host: evil.test:${port}`, ...JSON_TYPE, ...body], "Shutdown", 403],
    [
      "a name that only begins as ours",
      ["-H", "host: localhost.evil.test", ...JSON_TYPE, ...body],
      "Shutdown",
      403,
    ],
    ["no name at all", ["--http1.0", "-H", "host:", ...JSON_TYPE, ...body], "Shutdown", 403],
    ["a page of another origin", [...page, ...JSON_TYPE, ...body], "Shutdown", 403],
    ["a page without an origin", ["-H", "origin: null", ...JSON_TYPE, ...body], "Shutdown", 403],
    [
      "a page of the same name",
      ["-H", `origin: http://localhost:${port}`, ...JSON_TYPE, ...body],
      "Shutdown",
      403,
    ],
    [
      "its preflight",
      ["-X", "OPTIONS", ...page, "-H", "access-control-request-method: POST"],
      "Shutdown",
      403,
    ],
    [
      "gRPC-Web of a page",
      [...page, "-H", "content-type: application/grpc-web+proto", ...body],
      "Shutdown",
      403,
    ],
    ["a form", ["-H", "content-type: application/x-www-form-urlencoded", ...body], "Shutdown", 415],
    ["a simple request", ["-H", "content-type: text/plain", ...body], "Shutdown", 415],
    ["a link", [], "Shutdown?connect=v1&encoding=json&message=%7B%7D", 405],
    ["an image", [], "GetStatus", 405],
  ];
  for (const [what, args, path, expected] of refusals) {
    const { status: code } = await curl(`${base}/${path}`, [...AUTHORIZED, ...args]);
    assert.equal(code, expected, what);
  }
  assert.equal(calls(), 0);
  const { body: headers } = await curl(`${base}/GetStatus`, [
    ...AUTHORIZED,
    ...page,
    ...JSON_TYPE,
    ...body,
    "-i",
  ]);
  assert.doesNotMatch(headers, /access-control/iu);
});

test("a name of the config is answered", async (t) => {
  const { port } = await serve(t);
  const where = [...AUTHORIZED, "-H", "host: Music.LAN:99"];
  const { status: code } = await curlMethod(
    where,
    "GetStatus",
    {},
    `http://127.0.0.1:${port}/musicfs.v1.MusicFS`,
  );
  assert.equal(code, 200);
});

test("over TLS both versions of HTTP are answered, and nothing without it", async (t) => {
  const folder = temporaryFolder(t);
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const made = await run(
    [
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      ...subject,
    ].concat(["-days", "2", "-keyout", key, "-out", cert]),
  );
  assert.equal(made.code, 0, made.stderr);
  const pem = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  const { port } = await serve(t, pem);
  const base = `https://localhost:${port}/musicfs.v1.MusicFS`;
  const probe = async (options: object): Promise<void> => {
    const plugin = await setUpPlugin(
      originMusicfs({ url: `https://localhost:${port}`, token: TOKEN, ...options }),
    );
    const [origin] = await plugin.origins();
    await origin?.probe?.(new AbortController().signal).finally(() => origin.close?.());
  };
  await probe({ caFile: cert });
  await assert.rejects(probe({}), { name: "OriginError", kind: "untrusted" });
  for (const version of ["--http1.1", "--http2"]) {
    const { answer } = await curlMethod([...AUTHORIZED, "--cacert", cert, version], "GetStatus", {}, base);
    assert.equal(answer.name, "over tcp", version);
    const refused = await curlMethod(["--cacert", cert, version], "GetStatus", {}, base);
    assert.equal(refused.status, 401, version);
  }
  const channel = credentials.createSsl(readFileSync(cert));
  const client = connectGrpc(`localhost:${port}`, { channel, headers: { authorization: `Bearer ${TOKEN}` } });
  t.after(() => client.close());
  assert.equal((await client.call("GetStatus")).name, "over tcp");
  await assert.rejects(curl(`http://localhost:${port}/`), /curl ended with/u);
});

test("a port that is taken is named", async (t) => {
  const { port } = await serve(t);
  const handler = controlHandler(async () => ({}), silentLogger(), new AbortController().signal);
  await assert.rejects(
    serveControlTcp({ port, host: "127.0.0.1", token: TOKEN, hosts: [] }, handler, silentLogger()),
    { code: "MFS_PORT_UNUSABLE", message: new RegExp(`cannot listen on 127.0.0.1, port ${port}`, "u") },
  );
});
