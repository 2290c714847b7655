import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { callControl, streamControl } from "../../../core/control/client.js";
import type { Methods } from "../../../core/control/methods.js";
import { controlHandler, serveControl } from "../../../core/control/server.js";
import { MusicfsError } from "../../../core/errors.js";
import { silentLogger } from "../../support/loggers.js";
import { AS_NOBODY, run } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const METHODS: Partial<Methods> = {
  getStatus: () => ({ version: "0.0.7", name: "täst", bytes: 2n ** 53n }),
  listOrigins: () => {
    throw new MusicfsError("MFS_ORIGIN_UNAVAILABLE", "the disk is away", { hint: "Plug it in." });
  },
  listViews: () => {
    throw new TypeError("a fault");
  },
  listPlugins: () => new Promise(() => undefined),
  async *subscribeEvents() {
    yield { lost: 1n };
    throw new MusicfsError("MFS_NOT_FOUND", "no more of them");
  },
};
const handler = () => controlHandler(async () => METHODS, silentLogger(), new AbortController().signal);

async function serve(t: TestContext): Promise<string> {
  const path = join(temporaryFolder(t), "run/default.sock");
  const server = await serveControl(path, handler(), silentLogger());
  t.after(() => server.close());
  return path;
}

const ask = (socketPath: string): Promise<unknown> =>
  callControl(socketPath, (client, options) => client.getStatus({}, options));

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: Record<string, unknown>;
}

function send(
  socketPath: string,
  method: string,
  path: string,
  body: string,
  type = "application/json",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: { "content-type": type } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"],
          body: text === "" ? {} : JSON.parse(text),
        }),
      );
    });
    sent.on("error", reject).end(body);
  });
}

test("a call is answered, also as plain JSON with its zeros", async (t) => {
  const socket = await serve(t);
  const status = await callControl(socket, (client, options) => client.getStatus({}, options));
  assert.deepEqual([status.version, status.name, status.bytes], ["0.0.7", "täst", 2n ** 53n]);
  const { body, ...head } = await send(socket, "POST", "/musicfs.v1.MusicFS/GetStatus", "{}");
  assert.deepEqual(head, { status: 200, type: "application/json" });
  assert.deepEqual(
    [body.name, body.bytes, body.tracks, body.state],
    ["täst", "9007199254740992", 0, "INSTANCE_STATE_UNSPECIFIED"],
  );
});

test("what a method throws reaches the caller with its code and its hint", async (t) => {
  const socket = await serve(t);
  await assert.rejects(
    callControl(socket, (client, options) => client.listOrigins({}, options)),
    {
      name: "MusicfsError",
      code: "MFS_ORIGIN_UNAVAILABLE",
      message: "the disk is away",
      hint: "Plug it in.",
    },
  );
  const { status, body } = await send(socket, "POST", "/musicfs.v1.MusicFS/ListOrigins", "{}");
  assert.deepEqual([status, body.code, body.message], [503, "unavailable", "the disk is away"]);
  const [detail] = body.details as [{ type: string; debug: object }];
  assert.equal(detail.type, "musicfs.v1.ErrorDetail");
  assert.deepEqual(detail.debug, { code: "MFS_ORIGIN_UNAVAILABLE", hint: "Plug it in.", retryable: true });
});

test("what is thrown in the middle of a stream does, too", async (t) => {
  const socket = await serve(t);
  const lost: bigint[] = [];
  await assert.rejects(
    async () => {
      for await (const message of streamControl(socket, (client, call) => client.subscribeEvents({}, call))) {
        lost.push(message.lost);
      }
    },
    { code: "MFS_NOT_FOUND", message: "no more of them" },
  );
  assert.deepEqual(lost, [1n]);
});

test("what is no error of ours is logged and reported as a fault", async (t) => {
  const socket = await serve(t);
  await assert.rejects(
    callControl(socket, (client, options) => client.listViews({}, options)),
    { code: "MFS_INTERNAL", message: "a fault" },
  );
});

test("a method that the daemon lacks names both versions", async (t) => {
  const socket = await serve(t);
  await assert.rejects(
    callControl(socket, (client, options) => client.getCacheStats({}, options)),
    { code: "MFS_CONTROL_VERSION", message: /^the running MusicFS is version 0\.0\.7, this command / },
  );
});

test("what is no call is refused, and the server lives on", async (t) => {
  const socket = await serve(t);
  const prefix = "/musicfs.v1.MusicFS";
  const refusals: [method: string, path: string, body: string, type: string, status: number][] = [
    ["POST", `${prefix}/Nothing`, "{}", "application/json", 404],
    ["POST", `${prefix}/constructor`, "{}", "application/json", 404],
    ["POST", "/other.Service/Echo", "{}", "application/json", 404],
    ["GET", `${prefix}/GetStatus`, "", "application/json", 405],
    ["GET", `${prefix}/GetStatus?connect=v1&encoding=json&message=%7B%7D`, "", "application/json", 405],
    ["GET", `${prefix}/Shutdown?connect=v1&encoding=json&message=%7B%7D`, "", "application/json", 405],
    ["POST", `${prefix}/GetStatus`, "{}", "text/plain", 415],
    ["POST", `${prefix}/GetStatus`, "{", "application/json", 400],
    ["POST", `${prefix}/SubscribeEvents`, "{}", "application/json", 415],
    ["POST", `${prefix}/GetMetadata`, `{"path":${'"x"'}`, "application/json", 400],
    ["POST", `${prefix}/GetMetadata`, `{"path":"${"x".repeat(1_100_000)}"}`, "application/json", 429],
    ["POST", "//", "{}", "application/json", 404],
  ];
  for (const [method, path, body, type, status] of refusals) {
    const answer = await send(socket, method, path, body, type);
    assert.equal(answer.status, status, `${method} ${path}`);
  }
  const garbage = connect(socket);
  garbage.resume().end("\u0000\u0001 no HTTP at all\r\n\r\n");
  await once(garbage, "close");
  await ask(socket);
});

test("HTTP/1.1 and HTTP/2 are told apart, also when their first bytes come one by one", async (t) => {
  const socket = await serve(t);
  const head = "POST /musicfs.v1.MusicFS/GetStatus HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  const byOne = connect(socket);
  let answer = "";
  byOne.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  for (const byte of `${head}Content-Length: 2\r\nConnection: close\r\n\r\n{}`) {
    byOne.write(byte);
    await new Promise(setImmediate);
  }
  await once(byOne, "close");
  assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*"version":"0\.0\.7"/u);

  const preface = connect(socket);
  for (const byte of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
    preface.write(byte);
    await new Promise(setImmediate);
  }
  preface.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  const [settings] = (await once(preface, "data")) as [Buffer];
  // A frame of HTTP/2 that says what the server can: type 4.
  assert.equal(settings[3], 4);
  preface.destroy();
});

test("who begins and does not go on costs no processor", async (t) => {
  const socket = await serve(t);
  await ask(socket);
  const silent = connect(socket);
  silent.write("PR");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { user, system } = process.cpuUsage(before);
  silent.destroy();
  assert.ok(user + system < 500_000, `${user + system} µs of a second`);
});

test("a caller does not wait for ever", async (t) => {
  const socket = await serve(t);
  await assert.rejects(
    callControl(socket, (client, options) => client.listPlugins({}, options), { timeoutMs: 100 }),
    { code: "MFS_CONTROL_FAILED", message: /did not answer within 100 ms/ },
  );
});

test("the socket and its folder are for this user alone, whatever the umask", async (t) => {
  const mask = process.umask(0);
  t.after(() => process.umask(mask));
  const socket = await serve(t);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.equal(statSync(join(socket, "..")).mode & 0o777, 0o700);
  assert.equal(process.umask(), 0);
});

const isRoot = process.getuid?.() === 0;

test("another user cannot call, even where the folder is open", {
  skip: isRoot ? false : "needs root",
}, async (t) => {
  const socket = await serve(t);
  chmodSync(join(socket, ".."), 0o755);
  chmodSync(join(socket, "../.."), 0o755);
  const code = `import("node:net").then(({ connect }) =>
    connect(${JSON.stringify(socket)}).on("connect", () => console.log("in")).on("error", (e) => console.log(e.code)))`;
  const { stdout } = await run([...AS_NOBODY, process.execPath, "-e", code], {
    env: { PATH: process.env.PATH },
  });
  assert.equal(stdout.trim(), "EACCES");
});

test("the socket goes when the server closes, and nobody runs then", async (t) => {
  const path = join(temporaryFolder(t), "default.sock");
  await assert.rejects(ask(path), { code: "MFS_NOT_RUNNING" });
  const server = await serveControl(path, handler(), silentLogger());
  await server.close();
  assert.equal(existsSync(path), false);
  await assert.rejects(ask(path), { code: "MFS_NOT_RUNNING" });
});

test("a socket that a killed process left behind is replaced; one that answers is not", async (t) => {
  const path = join(temporaryFolder(t), "default.sock");
  const code = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await assert.rejects(serveControl(path, handler(), silentLogger()), { code: "MFS_ALREADY_RUNNING" });
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  assert.ok(lstatSync(path).isSocket());

  const server = await serveControl(path, handler(), silentLogger());
  t.after(() => server.close());
  await ask(path);
});

test("a link or a file in the socket's place is refused and stays", async (t) => {
  const folder = temporaryFolder(t);
  const victim = join(folder, "victim");
  writeFileSync(victim, "precious");
  symlinkSync(victim, join(folder, "link.sock"));
  symlinkSync(join(folder, "nowhere"), join(folder, "dangling.sock"));
  writeFileSync(join(folder, "file.sock"), "precious");
  mkdirSync(join(folder, "folder.sock"));
  for (const name of ["link.sock", "dangling.sock", "file.sock", "folder.sock"]) {
    await assert.rejects(serveControl(join(folder, name), handler(), silentLogger()), {
      code: "MFS_FOLDER_UNUSABLE",
      message: /is no socket of this user/,
    });
  }
  assert.equal(readFileSync(victim, "utf8"), "precious");
  assert.ok(lstatSync(join(folder, "link.sock")).isSymbolicLink());
  assert.equal(existsSync(join(folder, "nowhere")), false);
});
