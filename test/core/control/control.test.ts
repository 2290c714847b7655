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
import { callControl } from "../../../core/control/client.js";
import { type ControlMethods, serveControl } from "../../../core/control/server.js";
import { MusicfsError } from "../../../core/errors.js";
import { silentLogger } from "../../support/loggers.js";
import { AS_NOBODY, run } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const METHODS: ControlMethods = {
  Echo: async (body) => ({ body }),
  Fail: async () => {
    throw new MusicfsError("MFS_ORIGIN_UNAVAILABLE", "the disk is away");
  },
  Hang: () => new Promise(() => undefined),
};

async function serve(t: TestContext): Promise<string> {
  const path = join(temporaryFolder(t), "run/default.sock");
  const server = await serveControl(path, METHODS, silentLogger());
  t.after(() => server.close());
  return path;
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: Record<string, unknown>;
}

function send(socketPath: string, method: string, path: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, method, path, headers: { "content-type": "application/json" } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
        });
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers["content-type"],
            body: JSON.parse(text),
          }),
        );
      },
    );
    sent.on("error", reject).end(body);
  });
}

test("a call is answered in the shape of Connect's unary JSON", async (t) => {
  const socket = await serve(t);
  assert.deepEqual(await callControl(socket, "Echo", { a: [1, "ü"] }), { body: { a: [1, "ü"] } });
  assert.deepEqual(await send(socket, "POST", "/musicfs.v1.MusicFS/Echo", '{"x":1}'), {
    status: 200,
    type: "application/json",
    body: { body: { x: 1 } },
  });
});

test("what a method throws reaches the caller as an error with its message", async (t) => {
  const socket = await serve(t);
  await assert.rejects(callControl(socket, "Fail"), {
    code: "MFS_CONTROL_FAILED",
    message: /the disk is away$/,
  });
  const { status, body } = await send(socket, "POST", "/musicfs.v1.MusicFS/Fail", "{}");
  assert.deepEqual([status, body.code, body.message], [500, "internal", "the disk is away"]);
});

test("what is no call is refused, and the server lives on", async (t) => {
  const socket = await serve(t);
  const refusals: [method: string, path: string, body: string, status: number, code: string][] = [
    ["POST", "/musicfs.v1.MusicFS/Nothing", "{}", 404, "unimplemented"],
    ["POST", "/musicfs.v1.MusicFS/constructor", "{}", 404, "unimplemented"],
    ["POST", "/other.Service/Echo", "{}", 404, "unimplemented"],
    ["GET", "/musicfs.v1.MusicFS/Echo", "", 405, "unimplemented"],
    ["POST", "/musicfs.v1.MusicFS/Echo", "{", 400, "invalid_argument"],
    ["POST", "/musicfs.v1.MusicFS/Echo", `"${"x".repeat(70_000)}"`, 400, "invalid_argument"],
  ];
  for (const [method, path, body, status, code] of refusals) {
    const answer = await send(socket, method, path, body);
    assert.deepEqual([answer.status, answer.body.code], [status, code], `${method} ${path}`);
  }
  const garbage = connect(socket);
  garbage.resume().end("\u0000\u0001 no HTTP at all\r\n\r\n");
  await once(garbage, "close");
  assert.deepEqual(await callControl(socket, "Echo"), { body: {} });
});

test("a caller does not wait for ever", async (t) => {
  const socket = await serve(t);
  await assert.rejects(callControl(socket, "Hang", {}, { timeoutMs: 100 }), {
    code: "MFS_CONTROL_FAILED",
    message: /did not answer within 100 ms/,
  });
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
  await assert.rejects(callControl(path, "Echo"), { code: "MFS_NOT_RUNNING" });
  const server = await serveControl(path, METHODS, silentLogger());
  await server.close();
  assert.equal(existsSync(path), false);
  await assert.rejects(callControl(path, "Echo"), { code: "MFS_NOT_RUNNING" });
});

test("a socket that a killed process left behind is replaced; one that answers is not", async (t) => {
  const path = join(temporaryFolder(t), "default.sock");
  const code = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await assert.rejects(serveControl(path, METHODS, silentLogger()), { code: "MFS_ALREADY_RUNNING" });
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  assert.ok(lstatSync(path).isSocket());

  const server = await serveControl(path, METHODS, silentLogger());
  t.after(() => server.close());
  assert.deepEqual(await callControl(path, "Echo"), { body: {} });
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
    await assert.rejects(serveControl(join(folder, name), METHODS, silentLogger()), {
      code: "MFS_FOLDER_UNUSABLE",
      message: /is no socket of this user/,
    });
  }
  assert.equal(readFileSync(victim, "utf8"), "precious");
  assert.ok(lstatSync(join(folder, "link.sock")).isSymbolicLink());
  assert.equal(existsSync(join(folder, "nowhere")), false);
});
