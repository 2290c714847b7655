import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** A request as its bytes came. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** How many came before it, on this connection and on all. */
  readonly before: { readonly onConnection: number; readonly inAll: number };
}

/** Writes what it likes to the socket: an answer, half of one, nonsense, or nothing. */
export type RawAnswer = (request: RawRequest, socket: Socket) => void;

export interface LyingServer {
  readonly url: string;
  readonly requests: readonly RawRequest[];
  /** Connections that are open now. */
  readonly connections: number;
  /** What answers from now on. */
  answer: RawAnswer;
}

/** A server that speaks HTTP only as far as a test writes it: real clients believe what comes over a real socket. */
export async function openLyingServer(
  t: { after(fn: () => void): void },
  answer: RawAnswer,
  tls?: TlsOptions,
): Promise<LyingServer> {
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    let [received, onConnection] = ["", 0];
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).once("close", () => sockets.delete(socket));
    socket.on("data", (piece: Buffer) => {
      received += piece.toString("latin1");
      for (let end = received.indexOf("\r\n\r\n"); end >= 0; end = received.indexOf("\r\n\r\n")) {
        const request = parseHead(received.slice(0, end), { onConnection, inAll: requests.length });
        received = received.slice(end + 4 + Number(request.headers["content-length"] ?? 0));
        onConnection += 1;
        requests.push(request);
        opened.answer(request, socket);
      }
    });
  };
  const server: Server = tls ? createTlsServer(tls, serve) : createServer(serve);
  server.on("tlsClientError", () => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  const opened: LyingServer = {
    url: `${tls ? "https" : "http"}://${tls ? "localhost" : "127.0.0.1"}:${port}`,
    requests,
    get connections() {
      return sockets.size;
    },
    answer,
  };
  return opened;
}

/** An answer as text; the body is what it is, whatever the headers say. */
export function answerText(
  status: number,
  headers: Readonly<Record<string, string | number>>,
  body: string | Uint8Array = "",
): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join("")}\r\n`), Buffer.from(body)]);
}

function parseHead(text: string, before: RawRequest["before"]): RawRequest {
  const [first = "", ...lines] = text.split("\r\n");
  const [method = "", path = ""] = first.split(" ");
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  return { method, path, headers, before };
}
