import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { createHttpServer, type HttpHandler, type HttpRequest, type HttpResponse } from "./http-server.js";
import type { Methods } from "./methods.js";
import { listenPrivately } from "./private-socket.js";

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Serves the control API on a Unix socket that only this user can reach. What answers is loaded with the
 * first call: it takes some 20 MB and 100 ms, which a mount should not wait for.
 *
 * @param loadMethods called once, with the first call.
 * @throws as {@link listenPrivately} does.
 */
export async function serveControl(
  socketPath: string,
  loadMethods: () => Promise<Partial<Methods>>,
  log: Logger,
): Promise<ControlServer> {
  const { server, close } = createHttpServer(lazyHandler(loadMethods, log));
  await listenPrivately(server, socketPath);
  server.on("error", (error) => log.error(`the control socket failed: ${error.message}`));
  return { close };
}

function lazyHandler(loadMethods: () => Promise<Partial<Methods>>, log: Logger): HttpHandler {
  let loading: Promise<HttpHandler> | undefined;
  const load = async (): Promise<HttpHandler> => {
    const { createHandler } = await import("./handler.js");
    return createHandler(await loadMethods(), log);
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
