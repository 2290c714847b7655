import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { ControlClient } from "./client.js";
import { MusicFS } from "./gen/musicfs/v1/service_pb.js";

/** Where the control API of another instance is served, and what opens it. */
export interface ControlAddress {
  /** `http://host:7171`, `https://host:7171`, or `unix:/run/user/1000/musicfs/default.sock`. */
  readonly url: string;
  /** What is sent as `Authorization: Bearer …`; not needed on a Unix socket. */
  readonly token?: () => Promise<string>;
  /** Certificates in PEM that the server's is signed by, where the system does not know them. */
  readonly caFile?: string;
  /** Most connections at one time. */
  readonly connections: number;
}

/** The control API of another instance. */
export interface RemoteControl {
  readonly client: ControlClient;
  /** Ends what is under way. */
  close(): void;
}

/** Longest message that is read, in bytes. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Opens the control API of another instance; nothing is connected before the first call. HTTP/1.1, a connection a call,
 * kept for the next one: no window of HTTP/2 lies between a stream and a fast line that is long.
 *
 * @throws the system's error when `caFile` cannot be read.
 */
export function connectControl({ url, token, caFile, connections }: ControlAddress): RemoteControl {
  const socketPath = url.startsWith("unix:") ? url.slice("unix:".length) : undefined;
  const pool = { keepAlive: true, maxSockets: connections };
  const isTls = url.startsWith("https:");
  const ca = isTls && caFile !== undefined ? { ca: readFileSync(caFile) } : {};
  const agent = isTls ? new HttpsAgent({ ...pool, ...ca }) : new HttpAgent(pool);
  const transport = createConnectTransport({
    baseUrl: socketPath === undefined ? url : "http://localhost",
    httpVersion: "1.1",
    nodeOptions: { agent, ...(socketPath === undefined ? {} : { socketPath }) },
    readMaxBytes: MAX_MESSAGE_BYTES,
    acceptCompression: [],
    interceptors: [
      (next) => async (request) => {
        if (token) request.header.set("Authorization", `Bearer ${await token()}`);
        return next(request);
      },
    ],
  });
  return { client: createClient(MusicFS, transport), close: () => agent.destroy() };
}
