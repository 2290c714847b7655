import { type CallOptions, type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { MusicfsError, messageOf } from "../errors.js";
import { VERSION } from "../version.js";
import { MusicFS } from "./gen/musicfs/v1/service_pb.js";
import type { Status } from "./status.js";
import { statusOf } from "./status-message.js";
import { fromWire } from "./wire-errors.js";

export type ControlClient = Client<typeof MusicFS>;

export interface ControlCallOptions {
  /** @default 10 000 */
  readonly timeoutMs?: number;
  /** Ends the call. */
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Calls a method of the daemon that listens on `socketPath`:
 * `callControl(path, (client, options) => client.getStatus({}, options))`.
 *
 * @throws `MFS_NOT_RUNNING` when nobody listens, `MFS_CONTROL_VERSION` when another version that lacks the
 *   method does, `MFS_CONTROL_FAILED` when the call fails, else what the daemon threw.
 */
export async function callControl<Answer>(
  socketPath: string,
  call: (client: ControlClient, options: CallOptions) => Promise<Answer>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: ControlCallOptions = {},
): Promise<Answer> {
  const client = clientOf(socketPath);
  try {
    return await call(client, { timeoutMs, ...(signal ? { signal } : {}) });
  } catch (error) {
    throw await translate(error, socketPath, timeoutMs, client);
  }
}

/**
 * Calls a method that streams, as {@link callControl} calls others. It may take as long as it likes; leaving
 * the loop ends the call.
 */
export async function* streamControl<Answer>(
  socketPath: string,
  call: (client: ControlClient, options: CallOptions) => AsyncIterable<Answer>,
  signal?: AbortSignal,
): AsyncGenerator<Answer> {
  const client = clientOf(socketPath);
  const ended = new AbortController();
  const signals = signal ? AbortSignal.any([ended.signal, signal]) : ended.signal;
  try {
    yield* call(client, { signal: signals });
  } catch (error) {
    throw await translate(error, socketPath, 0, client);
  } finally {
    ended.abort();
  }
}

/** The status of the daemon that listens on `socketPath`. @throws as {@link callControl} does. */
export async function fetchStatus(socketPath: string, options: ControlCallOptions = {}): Promise<Status> {
  return statusOf(await callControl(socketPath, (client, call) => client.getStatus({}, call), options));
}

function clientOf(socketPath: string): ControlClient {
  return createClient(
    MusicFS,
    createConnectTransport({
      // The name is never looked up: the socket has no other one.
      baseUrl: "http://localhost",
      httpVersion: "1.1",
      nodeOptions: { socketPath },
      readMaxBytes: MAX_MESSAGE_BYTES,
      acceptCompression: [],
    }),
  );
}

async function translate(
  thrown: unknown,
  socketPath: string,
  timeoutMs: number,
  client: ControlClient,
): Promise<unknown> {
  const error = ConnectError.from(thrown);
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  if (cause?.code === "ENOENT" || cause?.code === "ECONNREFUSED") {
    return new MusicfsError("MFS_NOT_RUNNING", `no MusicFS is running: nobody listens on ${socketPath}`);
  }
  if (cause?.code === "ECONNRESET") {
    return new MusicfsError(
      "MFS_CONTROL_FAILED",
      `the daemon on ${socketPath} ended in the middle of an answer`,
    );
  }
  if (error.code === Code.DeadlineExceeded) {
    return new MusicfsError("MFS_CONTROL_FAILED", `the daemon did not answer within ${timeoutMs} ms`);
  }
  if (error.code === Code.Unimplemented) return refusal(error, client);
  return (
    fromWire(error) ??
    new MusicfsError(
      "MFS_CONTROL_FAILED",
      `talking to the daemon on ${socketPath} failed: ${error.rawMessage}`,
      {
        cause: error,
      },
    )
  );
}

// A daemon goes on running what it was started from, also when a newer version is installed.
async function refusal(error: ConnectError, client: ControlClient): Promise<MusicfsError> {
  const version = await client.getStatus({}, { timeoutMs: DEFAULT_TIMEOUT_MS }).then(
    (status) => status.version,
    () => "",
  );
  if (version === VERSION) return new MusicfsError("MFS_CONTROL_FAILED", error.rawMessage, { cause: error });
  const running = version === "" ? "is of an unknown version" : `is version ${version}`;
  return new MusicfsError(
    "MFS_CONTROL_VERSION",
    `the running MusicFS ${running}, this command ${VERSION}: ${error.rawMessage || messageOf(error)}`,
    { cause: error },
  );
}
