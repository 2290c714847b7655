import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import https from "node:https";
import { MusicfsError, messageOf } from "../errors.js";
import { parseRetryAfter } from "./retry-after.js";

/** What is asked of an HTTP server. */
export interface HttpRequest {
  readonly url: string;
  /** @default "GET" */
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the call to the last byte of the answer, in milliseconds. @default 10 seconds */
  readonly timeoutMs?: number;
  /** An answer that is longer is an error, in bytes. @default 1 MiB */
  readonly maxBytes?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** How long the server asks to be left alone (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_BYTES = 1024 * 1024;

/**
 * Sends a request and gives the answer, whatever its status. A redirection is an answer like any other: what
 * is sent may hold a secret, and goes where the config says and nowhere else.
 *
 * @throws `MFS_REQUEST_FAILED` when there is no whole answer in time; the message names the server and not
 * the path, which may be secret. `signal.reason` when that aborts.
 */
export async function sendRequest(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  signal.throwIfAborted();
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = request;
  // Not AbortSignal.any(): a signal that lives as long as the daemon would remember every request.
  const controller = new AbortController();
  const give = (): void => controller.abort();
  const timer = setTimeout(give, timeoutMs);
  signal.addEventListener("abort", give);
  try {
    return await answerTo(request, controller.signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const what = controller.signal.aborted ? `no answer within ${timeoutMs} ms` : messageOf(error);
    throw requestFailed(request, what, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", give);
  }
}

/**
 * Like {@link sendRequest}, for a server that is to answer with 2xx.
 *
 * @throws `MFS_REQUEST_FAILED` for any other status, too; its `cause` is the {@link HttpAnswer}.
 */
export async function sendSuccessfully(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const answer = await sendRequest(request, signal);
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw requestFailed(request, `HTTP status ${answer.status}`, answer);
}

/** The server of an address, without a path: what may be shown of an address that holds a secret. */
export function serverOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "the server";
}

function requestFailed({ url, method = "GET" }: HttpRequest, what: string, cause: unknown): MusicfsError {
  return new MusicfsError("MFS_REQUEST_FAILED", `${method} ${serverOf(url)}: ${what}`, { cause });
}

async function answerTo(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const response = await responseTo(request, signal);
  const { statusCode = 0, headers } = response;
  const text = await readAll(response, request.maxBytes ?? DEFAULT_MAX_BYTES);
  return { status: statusCode, headers, text, retryAfterMs: parseRetryAfter(headers["retry-after"]) };
}

// A kept connection may be closed by the server in the moment in which it is used again.
async function responseTo(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  for (;;) {
    const sent = send(request, signal);
    try {
      return await new Promise((resolve, reject) => {
        sent.once("response", resolve).once("error", reject);
      });
    } catch (error) {
      const isStale = sent.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET";
      if (!isStale || signal.aborted) throw error;
    }
  }
}

function send({ url, method = "GET", headers = {}, body }: HttpRequest, signal: AbortSignal): ClientRequest {
  const { request } = url.startsWith("https:") ? https : http;
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  const sent = request(url, { method, headers: { ...headers, ...length }, signal });
  sent.end(body);
  return sent;
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
