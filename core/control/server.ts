import { MusicfsError, messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { type Access, refusalOf } from "./access.js";
import {
  createHttpServer,
  createTlsServer,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  type TlsCertificate,
} from "./http-server.js";
import type { Methods } from "./methods.js";
import { listenPrivately } from "./private-socket.js";

export interface ControlServer {
  close(): Promise<void>;
}

export interface TcpOptions extends Access {
  readonly port: number;
  readonly host: string;
  readonly tls?: TlsCertificate;
}

/**
 * Makes what answers calls. It is loaded with the first one: it takes some 20 MB and 100 ms, which a mount
 * should not wait for.
 *
 * @param loadMethods called once, with the first call.
 * @param stopped aborts when the daemon stops.
 */
export function controlHandler(
  loadMethods: () => Promise<Partial<Methods>>,
  log: Logger,
  stopped: AbortSignal,
): HttpHandler {
  let loading: Promise<HttpHandler> | undefined;
  const load = async (): Promise<HttpHandler> => {
    const { createHandler } = await import("./handler.js");
    return createHandler(await loadMethods(), log, stopped);
  };
  const handle = async (request: HttpRequest, response: HttpResponse): Promise<void> => {
    loading ??= load();
    (await loading)(request, response);
  };
  return (request, response) => {
    handle(request, response).catch((error) => {
      log.error(`the control API failed: ${messageOf(error)}`);
      request.destroy();
    });
  };
}

/**
 * Serves the control API on a Unix socket that only this user can reach.
 *
 * @throws as {@link listenPrivately} does.
 */
export async function serveControl(
  socketPath: string,
  handler: HttpHandler,
  log: Logger,
): Promise<ControlServer> {
  const { server, close } = createHttpServer(handler);
  await listenPrivately(server, socketPath);
  server.on("error", (error) => log.error(`the control socket failed: ${error.message}`));
  return { close };
}

/**
 * Serves the control API on TCP, to whoever has the token; a web page gets nothing, whatever it has.
 *
 * @throws `MFS_PORT_UNUSABLE` when it cannot listen there.
 */
export async function serveControlTcp(
  { port, host, tls, ...access }: TcpOptions,
  handler: HttpHandler,
  log: Logger,
): Promise<ControlServer> {
  const guarded = guardedBy(access, handler);
  const { server, close } = tls ? createTlsServer(guarded, tls) : createHttpServer(guarded);
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void =>
      reject(
        new MusicfsError("MFS_PORT_UNUSABLE", `cannot listen on ${host}, port ${port}: ${error.message}`, {
          cause: error,
        }),
      );
    server.once("error", refuse).listen(port, host, () => {
      server.off("error", refuse);
      resolve();
    });
  });
  server.on("error", (error) => log.error(`the control port failed: ${error.message}`));
  return { close };
}

// In the shape of Connect's unary errors; a client of gRPC goes by the status.
function guardedBy(access: Access, handler: HttpHandler): HttpHandler {
  return (request, response) => {
    const refusal = refusalOf(request, access);
    if (!refusal) return handler(request, response);
    const { status, ...body } = refusal;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
    request.resume();
  };
}
