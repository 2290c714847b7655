import { lstatSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { isMusicfsError, MusicfsError, messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { makePrivateFolder } from "../private-folder.js";
import { CONTROL_PREFIX } from "./protocol.js";

/** Methods by name; each is given the request's body, which it must check, and gives what JSON can hold. */
export type ControlMethods = Readonly<Record<string, (body: unknown) => Promise<object>>>;

export interface ControlServer {
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 64;

/**
 * Serves the control API on a Unix socket that only this user can reach: `POST <prefix>/<Method>` with a
 * JSON body, answered in the shape of Connect's unary protocol (https://connectrpc.com/docs/protocol).
 *
 * A socket that a dead instance left behind is replaced; anything else at the path is refused.
 *
 * @throws `MFS_ALREADY_RUNNING` when somebody listens there, `MFS_FOLDER_UNUSABLE` when it can't be made.
 */
export async function serveControl(
  socketPath: string,
  methods: ControlMethods,
  log: Logger,
): Promise<ControlServer> {
  makePrivateFolder(dirname(socketPath));
  await removeDeadSocket(socketPath);
  const server = createServer((request, response) => {
    handle(request, response, methods).catch((error) => {
      log.error(`the control socket failed: ${messageOf(error)}`);
      response.destroy();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, socketPath);
  server.on("error", (error) => log.error(`the control socket failed: ${error.message}`));
  return { close: () => close(server) };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  methods: ControlMethods,
): Promise<void> {
  const name = request.url?.startsWith(CONTROL_PREFIX) ? request.url.slice(CONTROL_PREFIX.length) : "";
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method)
    return answer(response, 404, { code: "unimplemented", message: `there is no method '${name}'` });
  if (request.method !== "POST") return answer(response, 405, { code: "unimplemented", message: "use POST" });
  const body = await readJson(request);
  if (body instanceof BadRequestError) {
    return answer(response, 400, { code: "invalid_argument", message: body.message });
  }
  try {
    answer(response, 200, await method(body.value));
  } catch (error) {
    const details = isMusicfsError(error) ? { musicfsCode: error.code, hint: error.hint } : {};
    answer(response, 500, { code: "internal", message: messageOf(error), ...details });
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

class BadRequestError extends Error {}

async function readJson(request: IncomingMessage): Promise<{ value: unknown } | BadRequestError> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes <= MAX_BODY_BYTES) pieces.push(piece as Buffer);
    // What is a little too long is read to its end, so that its sender gets an answer instead of a reset.
    else if (bytes > 16 * MAX_BODY_BYTES) request.destroy();
  }
  if (bytes > MAX_BODY_BYTES) return new BadRequestError(`the body is longer than ${MAX_BODY_BYTES} bytes`);
  try {
    const text = Buffer.concat(pieces).toString("utf8");
    return { value: text === "" ? {} : JSON.parse(text) };
  } catch {
    return new BadRequestError("the body is not JSON");
  }
}

async function removeDeadSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket() || found.uid !== process.getuid?.()) {
    throw new MusicfsError("MFS_FOLDER_UNUSABLE", `${path} is there already, and is no socket of this user`, {
      hint: "Move it away, or name another folder (runtimeDir, MUSICFS_RUNTIME_DIR).",
    });
  }
  if (await isListening(path)) {
    throw new MusicfsError("MFS_ALREADY_RUNNING", `a running MusicFS listens on ${path}`);
  }
  rmSync(path);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

// The mask holds for the moment of the bind, so the socket is never open to others. The bind itself is
// synchronous for a Unix socket.
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot listen on ${path}: ${error.message}`, {
          cause: error,
        }),
      ),
    );
    const mask = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(mask);
    }
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 500).unref();
  });
}
