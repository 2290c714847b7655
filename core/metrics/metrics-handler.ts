import type { HttpHandler } from "../control/http-server.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";

const PATH = "/metrics";
const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A handler that answers `GET /metrics` by itself, and gives all else to `next`. */
export function serveMetrics(render: () => Promise<string>, next: HttpHandler, log: Logger): HttpHandler {
  return (request, response) => {
    if (request.url?.split("?", 1)[0] !== PATH || (request.method !== "GET" && request.method !== "HEAD")) {
      return next(request, response);
    }
    render().then(
      (text) => {
        response.writeHead(200, { "content-type": CONTENT_TYPE });
        response.end(request.method === "HEAD" ? "" : text);
      },
      (error) => {
        log.error(`the metrics failed: ${messageOf(error)}`);
        response.writeHead(500, { "content-type": "text/plain" });
        response.end("the metrics failed; see the log\n");
      },
    );
  };
}
