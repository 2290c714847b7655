import type { IncomingHttpHeaders } from "node:http";
import { rootCertificates } from "node:tls";
import { Pool } from "undici";
import { OriginError } from "../model/origin-error.js";
import { type BegunAnswer, BodyQueue } from "./body-queue.js";
import { exchange, type Receiver } from "./exchange.js";
import { isBrokenConnection, kindOfStatus, placed, statusError, transportError } from "./failures.js";
import { PreconditionFailed, type RangeAnswer, RangeReceiver, type WantedRange } from "./range-answer.js";
import { Redirection, redirecting, targetOf } from "./redirection.js";

/** What is asked of a server. */
export interface WebRequest {
  /** @default "GET" */
  readonly method?: "GET" | "HEAD" | "PROPFIND";
  /** Path with its query, encoded: what stands in the request line. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What it is about, in words for a person: `reading 'a.flac'`. */
  readonly what: string;
}

/** An answer with any status. Whoever gets one takes its body to the end, or closes it. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Path of what answered, after the redirections. */
  readonly path: string;
  /** Rejects as {@link WebClient.send} does. */
  readonly body: AsyncIterable<Buffer>;
  /** The error that its status stands for; `undefined` for a good one. `detail` is what the server says of it. */
  failure(detail?: string): OriginError | undefined;
  close(): void;
}

export interface WebClientOptions {
  /** Address of the server; nothing is ever sent to another one. */
  readonly url: string;
  /** Most connections at a time. */
  readonly connections: number;
  /** Longest that an answer may stand still, and a connection may take, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Certificates (PEM) that are trusted beside those that Node trusts. */
  readonly ca?: string | undefined;
  /** Headers that prove who asks; called for each request, the redirected ones too. */
  readonly authorize?: (request: WebRequest) => Promise<Readonly<Record<string, string>>>;
  /** Told that what `authorize` gave was refused: it may have changed where it is kept. */
  readonly refused?: () => void;
  /** Whether redirections within the server are followed; elsewhere they never are. @default true */
  readonly followRedirects?: boolean;
}

/** How long a connection is kept that nobody uses, unless the server says another time: S3 closes after 20 s, in milliseconds. */
const KEEP_MS = 15_000;

/** Makes what receives an answer; the one or the other function is called once. */
type OpenReceiver<T> = (done: (value: T) => void, failed: (error: unknown) => void) => Receiver;

/**
 * A client of one server, for origins: kept connections, aborts that are heard at once, answers that are checked. All its
 * errors are {@link OriginError}s, or the reason of the signal.
 */
export class WebClient {
  readonly #options: WebClientOptions;
  readonly #pool: Pool;
  /** Address of the server, without a path. */
  readonly server: string;

  constructor(options: WebClientOptions) {
    this.#options = options;
    this.server = new URL(options.url).origin;
    this.#pool = new Pool(this.server, {
      connections: options.connections,
      // Both are watched by us: these are told of a second late.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_MS,
      connect: {
        timeout: options.idleTimeoutMs,
        ...(options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }),
      },
    });
  }

  /**
   * Sends a request and gives the answer, whatever its status.
   *
   * @throws OriginError `unavailable`, `untrusted` (also for a redirection elsewhere) or `wrong`; `signal.reason`.
   */
  async send(request: WebRequest, signal: AbortSignal): Promise<WebAnswer> {
    signal.throwIfAborted();
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const close = (): void => {
      signal.removeEventListener("abort", abort);
      controller.abort(new Error("closed"));
    };
    const tell = (error: unknown): unknown => this.#told(error, request, signal);
    try {
      const open: OpenReceiver<BegunAnswer> = (done, failed) => new BodyQueue(done, failed);
      const { value, path } = await this.#ask(request, open, controller.signal);
      if (kindOfStatus(value.status, value.headers) === "refused") this.#options.refused?.();
      return {
        ...value,
        path,
        body: told(value.body, tell, close),
        failure: (detail) => {
          const error = statusError(value.status, value.headers, detail);
          return error && placed(error, this.server, request.what);
        },
        close,
      };
    } catch (error) {
      close();
      throw tell(error);
    }
  }

  /**
   * Reads a piece of a file, and checks that it is that piece of that version of it. Cheap to call many times at once.
   *
   * @throws OriginError: `changed` or `missing` where the version is no more. {@link PreconditionFailed} when the server says so
   * of the ETag. `signal.reason`.
   */
  async readRange(request: WebRequest, wanted: WantedRange, signal: AbortSignal): Promise<RangeAnswer> {
    const headers = {
      ...request.headers,
      range: `bytes=${wanted.offsetBytes}-${wanted.offsetBytes + wanted.lengthBytes - 1}`,
      "accept-encoding": "identity",
      ...(wanted.ifMatch === undefined ? {} : { "if-match": wanted.ifMatch }),
    };
    const open: OpenReceiver<RangeAnswer> = (done, failed) => new RangeReceiver(wanted, done, failed);
    try {
      return (await this.#ask({ ...request, headers }, open, signal)).value;
    } catch (error) {
      if (error instanceof PreconditionFailed) throw error;
      if (error instanceof OriginError && error.kind === "refused") this.#options.refused?.();
      throw this.#told(error, request, signal);
    }
  }

  /** Closes every connection; what is under way fails. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  // Asks once more where a kept connection turns out to be closed, and elsewhere in the server where it says so.
  async #ask<T>(
    request: WebRequest,
    open: OpenReceiver<T>,
    signal: AbortSignal,
  ): Promise<{ readonly value: T; readonly path: string }> {
    let { path } = request;
    let hasBroken = false;
    for (let redirects = 0; ; ) {
      try {
        return { value: await this.#askOnce({ ...request, path }, open, signal), path };
      } catch (error) {
        if (error instanceof Redirection) {
          redirects += 1;
          path = targetOf(error.location, this.server + path, redirects);
        } else if (!hasBroken && isBrokenConnection(error)) {
          hasBroken = true;
        } else {
          throw error;
        }
      }
    }
  }

  async #askOnce<T>(request: WebRequest, open: OpenReceiver<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const { authorize, followRedirects = true, idleTimeoutMs } = this.#options;
    const { method = "GET", path, body } = request;
    const headers = { "user-agent": "MusicFS", ...request.headers, ...(await authorize?.(request)) };
    return new Promise<T>((resolve, reject) => {
      const receiver = open(resolve, reject);
      exchange(
        this.#pool,
        // undici's types know the methods of HTTP itself; it sends any.
        { method: method as "GET", path, headers, ...(body === undefined ? {} : { body }) },
        followRedirects ? redirecting(receiver) : receiver,
        idleTimeoutMs,
        signal,
      );
    });
  }

  #told(error: unknown, { what }: WebRequest, signal: AbortSignal): unknown {
    return signal.aborted ? signal.reason : placed(transportError(error), this.server, what);
  }
}

async function* told(
  body: AsyncIterable<Buffer>,
  tell: (error: unknown) => unknown,
  close: () => void,
): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw tell(error);
  } finally {
    close();
  }
}
