import { createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { MusicFS } from "./gen/musicfs/v1/service_pb.js";
import type { HttpHandler, HttpRequest, HttpResponse } from "./http-server.js";
import type { Methods } from "./methods.js";
import { translateErrors } from "./wire-errors.js";

/** Longest message that is read, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Makes what answers gRPC, gRPC-Web and Connect, over HTTP/1.1 and HTTP/2. */
export function createHandler(methods: Partial<Methods>, log: Logger): HttpHandler {
  const router = createConnectRouter({
    readMaxBytes: MAX_MESSAGE_BYTES,
    // Nothing that is sent here is worth the time, and what is not unpacked cannot explode.
    acceptCompression: [],
    // Whoever reads JSON sees zeros, too.
    jsonOptions: { alwaysEmitImplicit: true },
    interceptors: [translateErrors(log)],
  });
  router.service(MusicFS, methods);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    const handler = handlers.get(path);
    if (!handler) return answerUnknown(path, response);
    answer(handler, request, response).catch((error) => {
      log.debug(`a call of ${path} was cut: ${messageOf(error)}`);
      response.destroy();
    });
  };
}

async function answer(
  handler: UniversalHandler,
  request: HttpRequest,
  response: HttpResponse,
): Promise<void> {
  const answered = await handler(universalRequestFromNodeRequest(request, response, undefined, undefined));
  await universalResponseToNodeResponse(answered, response);
}

// In the shape of Connect's unary errors; a client of gRPC goes by the status.
function answerUnknown(path: string, response: HttpResponse): void {
  const body = JSON.stringify({ code: "unimplemented", message: `there is no method '${path}'` });
  response.writeHead(404, { "content-type": "application/json" });
  response.end(body);
}
