import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { Server, Socket } from "node:net";

export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;
export type HttpHandler = (request: HttpRequest, response: HttpResponse) => void;

export interface HttpServer {
  /** To be told to listen; its errors after that are the caller's to watch. */
  readonly server: Server;
  /** Takes no more connections; those that are still busy after half a second are cut. */
  close(): Promise<void>;
}

/** How long a caller may take to send its request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 256;
const MAX_STREAMS_A_CONNECTION = 128;
const MAX_HEADER_BYTES = 16 * 1024;
const HTTP2_SETTINGS = {
  maxConcurrentStreams: MAX_STREAMS_A_CONNECTION,
  maxHeaderListSize: MAX_HEADER_BYTES,
};
const REFLECTION_PREFIX = "/grpc.reflection.";
const OPEN_ENDED_MS = 600_000;
const CLOSE_AFTER_MS = 500;
/** How every HTTP/2 connection begins (RFC 9113, 3.4). No method of HTTP/1.1 does. */
const HTTP2_PREFACE = Buffer.from("PRI");

export interface TlsCertificate {
  /** In PEM, with those that it was signed by. */
  readonly cert: string;
  /** In PEM. */
  readonly key: string;
}

/** Makes a server that speaks HTTP/1.1 and HTTP/2 on one socket, told apart by a connection's first bytes. */
export function createHttpServer(handle: HttpHandler): HttpServer {
  const http1 = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
    },
    handle,
  );
  http1.maxConnections = MAX_CONNECTIONS;
  const http2 = createHttp2Server({ settings: HTTP2_SETTINGS }, limited(handle));
  const sessions = sessionsOf(http2);

  // The server of HTTP/1.1 is the one that listens, so that its own timeouts hold.
  const takeHttp1 = http1.listeners("connection") as ((socket: Socket) => void)[];
  http1.removeAllListeners("connection").on("connection", (socket: Socket) => {
    tellApart(
      socket,
      () => http2.emit("connection", socket),
      () => {
        for (const take of takeHttp1) take.call(http1, socket);
      },
    );
  });
  return {
    server: http1,
    close: () => {
      const closing = close(http1, sessions, () => http1.closeAllConnections());
      http1.closeIdleConnections();
      return closing;
    },
  };
}

/** Makes a server that speaks both over TLS, as client and server agree (ALPN). */
export function createTlsServer(handle: HttpHandler, { cert, key }: TlsCertificate): HttpServer {
  const options = { cert, key, allowHTTP1: true, settings: HTTP2_SETTINGS, minVersion: "TLSv1.2" } as const;
  const server = createSecureServer({ ...options, handshakeTimeout: REQUEST_TIMEOUT_MS }, limited(handle));
  server.maxConnections = MAX_CONNECTIONS;
  const sessions = sessionsOf(server);
  const sockets = new Set<Socket>();
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).once("close", () => sockets.delete(socket));
  });
  return {
    server,
    close: () =>
      close(server, sessions, () => {
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function sessionsOf(server: Http2Server | Http2SecureServer): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => session.destroy()).once("close", () => sessions.delete(session));
  });
  server.on("sessionError", () => undefined);
  return sessions;
}

function tellApart(socket: Socket, takeHttp2: () => void, takeHttp1: () => void): void {
  const giveUp = setTimeout(() => socket.destroy(), REQUEST_TIMEOUT_MS).unref();
  const leave = (): void => clearTimeout(giveUp);
  const end = (): void => void socket.destroy();
  let seen = Buffer.alloc(0);
  const look = (): void => {
    const more: Buffer | null = socket.read();
    if (more === null) return;
    seen = Buffer.concat([seen, more]);
    const isPreface = HTTP2_PREFACE.subarray(0, seen.length).equals(seen.subarray(0, HTTP2_PREFACE.length));
    // What begins as the preface does and is shorter may become either. It is put back only then: that would
    // be told as readable at once.
    if (isPreface && seen.length < HTTP2_PREFACE.length) return;
    socket.off("readable", look).off("end", end).off("close", leave).off("error", leave);
    leave();
    socket.unshift(seen);
    if (isPreface) takeHttp2();
    else takeHttp1();
  };
  socket.on("readable", look).on("end", end).on("close", leave).on("error", leave);
}

// What Node does by itself where HTTP/1.1 comes alone. Who asks what is served may ask on for a while.
function limited(handle: HttpHandler): HttpHandler {
  return (request, response) => {
    const isOpenEnded = request.url?.startsWith(REFLECTION_PREFIX) ?? false;
    const giveUp = setTimeout(
      () => request.destroy(),
      isOpenEnded ? OPEN_ENDED_MS : REQUEST_TIMEOUT_MS,
    ).unref();
    const leave = (): void => clearTimeout(giveUp);
    request.once("end", leave).once("close", leave);
    handle(request, response);
  };
}

function close(
  server: Server,
  sessions: ReadonlySet<ServerHttp2Session>,
  cutConnections: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      cutConnections();
      for (const session of sessions) session.destroy();
    }, CLOSE_AFTER_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    for (const session of sessions) session.close();
  });
}
