import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came over the wire. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** What answers from now on; one that never ends `response` hangs. */
  answer: (request: ReceivedRequest, response: ServerResponse) => void;
}

/** A real HTTP server that keeps what it was asked; it is closed when the test is over. */
export async function openHttpServer(
  t: { after(fn: () => void | Promise<void>): void },
  answer: TestServer["answer"] = (_, response) => response.end("{}"),
  port = 0,
): Promise<TestServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const received = { method, path, headers, body: Buffer.concat(pieces).toString("utf8") };
      requests.push(received);
      opened.answer(received, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: bound } = server.address() as AddressInfo;
  const opened: TestServer = { url: `http://127.0.0.1:${bound}`, port: bound, requests, answer };
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return opened;
}
