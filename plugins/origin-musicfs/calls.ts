import { OriginError, type OriginErrorKind } from "musicfs";
import { Code, ConnectError, controlErrorOf } from "musicfs/control";

/** What every call is made with. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

export interface CallsOptions {
  /** For error messages. */
  readonly server: string;
  /** Longest that a call may take, with all of its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest that an answer may stand still, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** The other one did not know the token. */
  onRefused(): void;
}

/** Certificates and ways of encrypting that must not be trusted, as Node calls them. */
const UNTRUSTED =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(VERIFY|GET)|ERR_TLS_|HOSTNAME_MISMATCH|ERR_SSL_)/u;

const KINDS: Partial<Record<Code, OriginErrorKind>> = {
  [Code.NotFound]: "missing",
  [Code.Unauthenticated]: "refused",
  [Code.PermissionDenied]: "refused",
  [Code.InvalidArgument]: "wrong",
  [Code.Unimplemented]: "wrong",
  [Code.ResourceExhausted]: "wrong",
};

/** Calls of the other one: ended at once by their signal, and where nothing comes any more; their errors by kind. */
export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** A call with one answer. @throws OriginError, or `signal.reason`. */
  async one<T>(signal: AbortSignal, call: (options: CallOptions) => Promise<T>): Promise<T> {
    const once = async function* (options: CallOptions): AsyncGenerator<T> {
      yield await call(options);
    };
    for await (const answer of this.many(signal, once)) return answer;
    throw new OriginError("wrong", `${this.#options.server} gave no answer`);
  }

  /**
   * A call that streams.
   *
   * @param idleMs longest that it may stand still; then there is no limit for the whole. @default as the options say
   * @throws OriginError, or `signal.reason`.
   */
  async *many<T>(
    signal: AbortSignal,
    call: (options: CallOptions) => AsyncIterable<T>,
    idleMs?: number,
  ): AsyncGenerator<T> {
    const { server, timeoutMs, idleTimeoutMs } = this.#options;
    const stop = new AbortController();
    const waitMs = idleMs ?? idleTimeoutMs;
    const late = (ms: number): void =>
      stop.abort(new OriginError("unavailable", `${server} did not answer within ${ms} ms`));
    const deadline = idleMs === undefined ? setTimeout(late, timeoutMs, timeoutMs) : undefined;
    const idle = setTimeout(late, waitMs, waitMs);
    const both = AbortSignal.any([signal, stop.signal]);
    try {
      both.throwIfAborted();
      const messages = call({ signal: both })[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await settledBy(messages.next(), both);
        if (done) return;
        idle.refresh();
        yield value;
        idle.refresh();
      }
    } catch (error) {
      signal.throwIfAborted();
      stop.signal.throwIfAborted();
      throw this.#translated(error);
    } finally {
      clearTimeout(deadline);
      clearTimeout(idle);
      stop.abort(new OriginError("unavailable", "the call was left"));
    }
  }

  #translated(error: unknown): OriginError {
    if (error instanceof OriginError) return error;
    const { server, onRefused } = this.#options;
    const connect = ConnectError.from(error);
    const kind = kindOf(connect);
    if (kind === "refused") onRefused();
    return new OriginError(kind, `${server}: ${connect.rawMessage}${hintOf(connect.code)}`, { cause: error });
  }
}

function kindOf(error: ConnectError): OriginErrorKind {
  const told = controlErrorOf(error)?.code;
  if (told === "MFS_FILE_CHANGED") return "changed";
  if (told === "MFS_ORIGIN_UNAVAILABLE") return "unavailable";
  const { code } = (error.cause ?? {}) as { code?: unknown };
  if (UNTRUSTED.test(String(code ?? ""))) return "untrusted";
  return KINDS[error.code] ?? "unavailable";
}

function hintOf(code: Code): string {
  if (code === Code.Unauthenticated) return " ('token' is not its control.tcp.token)";
  return code === Code.Unimplemented ? " (its version is too old)" : "";
}

// Whoever is called may not listen to the signal.
function settledBy<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
