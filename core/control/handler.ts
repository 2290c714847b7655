import { createConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { Health } from "./gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "./gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "./gen/grpc/reflection/v1alpha/reflection_pb.js";
import { MusicFS } from "./gen/musicfs/v1/service_pb.js";
import type { HttpHandler, HttpRequest, HttpResponse } from "./http-server.js";
import type { Methods } from "./methods.js";
import { healthMethods } from "./standard/health.js";
import { reflectionMethods } from "./standard/reflection.js";
import { translateErrors } from "./wire-errors.js";

/** Longest message that is read, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

const SERVICES = [MusicFS, Health, ServerReflection, ServerReflectionAlpha];

/**
 * Makes what answers gRPC, gRPC-Web and Connect, over HTTP/1.1 and HTTP/2: our own service, and those by which
 * clients of gRPC learn what is served and whether it is.
 *
 * @param stopped aborts when the daemon stops.
 */
export function createHandler(methods: Partial<Methods>, log: Logger, stopped: AbortSignal): HttpHandler {
  const router = createConnectRouter({
    readMaxBytes: MAX_MESSAGE_BYTES,
    // Nothing that is sent here is worth the time, and what is not unpacked cannot explode.
    acceptCompression: [],
    // Whoever reads JSON sees zeros, too.
    jsonOptions: { alwaysEmitImplicit: true },
    interceptors: [translateErrors(log)],
  });
  const reflection = reflectionMethods(SERVICES.map(({ file }) => file));
  router.service(MusicFS, methods);
  router.service(Health, healthMethods(new Set(SERVICES.map(({ typeName }) => typeName)), stopped));
  router.service(ServerReflection, reflection);
  // The types differ in the name of the package alone.
  router.service(ServerReflectionAlpha, reflection as unknown as ServiceImpl<typeof ServerReflectionAlpha>);
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
