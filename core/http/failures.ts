import type { IncomingHttpHeaders } from "node:http";
import { messageOf } from "../errors.js";
import { OriginError, type OriginErrorKind } from "../model/origin-error.js";
import { redact } from "../secrets/redaction.js";
import { parseRetryAfter } from "./retry-after.js";

/** What Node calls a certificate, or a way of encrypting, that must not be trusted. */
const UNTRUSTED =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(VERIFY|GET|DECODE|DECRYPT)|ERR_TLS_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|ERR_SSL_(WRONG_VERSION|UNSUPPORTED|NO_|TLSV1_ALERT|SSLV3_ALERT_HANDSHAKE|DH_KEY|EE_KEY|UNSAFE))/u;
/** A connection that broke; a kept one may be closed by the server in the moment in which it is used again. */
const BROKEN = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE", "UND_ERR_CLOSED"]);
const NOT_HTTP = /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RESPONSE)/u;

/** The kind of failure that a status stands for; `undefined` for a good one. */
export function kindOfStatus(status: number, headers: IncomingHttpHeaders): OriginErrorKind | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403 || status === 407) return "refused";
  if (status === 404 || status === 410) return "missing";
  if (status === 412) return "changed";
  if (status === 429 || (status === 503 && headers["retry-after"] !== undefined)) return "busy";
  return status >= 500 || status === 408 ? "unavailable" : "wrong";
}

/** The error that a status stands for; `detail` is what the server says of it, and is not trusted. */
export function statusError(
  status: number,
  headers: IncomingHttpHeaders,
  detail?: string,
): OriginError | undefined {
  const kind = kindOfStatus(status, headers);
  if (kind === undefined) return undefined;
  const retryAfterMs = kind === "busy" ? parseRetryAfter(headers["retry-after"]) : undefined;
  return new OriginError(kind, `it answers ${status}${detail ? ` (${detail})` : ""}${hintOf(status)}`, {
    retryAfterMs,
  });
}

/** The error that a broken exchange stands for: what undici, Node or the system said, as an {@link OriginError}. */
export function transportError(error: unknown): OriginError {
  if (error instanceof OriginError) return error;
  const code = codeOf(error);
  const message = messageOf(innermost(error));
  if (UNTRUSTED.test(code)) {
    return new OriginError("untrusted", `its certificate or encryption is not to be trusted: ${message}`, {
      cause: error,
    });
  }
  if (NOT_HTTP.test(code) || (error as Error | undefined)?.name === "HTTPParserError")
    return new OriginError("wrong", `its answer is not HTTP: ${message}`, { cause: error });
  return new OriginError("unavailable", message, { cause: error });
}

/** Whether the connection broke, so that it is worth asking once more on a new one. */
export function isBrokenConnection(error: unknown): boolean {
  return BROKEN.has(codeOf(error instanceof OriginError ? error.cause : error));
}

/** The same error with the server and what was asked of it before its message, and without secrets. */
export function placed(error: OriginError, server: string, what: string): OriginError {
  const { kind, message, retryAfterMs, cause } = error;
  return new OriginError(kind, redact(`${server}: ${what}: ${message}`), { retryAfterMs, cause });
}

// Of several addresses that were tried, what the first said.
function innermost(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
}

function codeOf(error: unknown): string {
  const { code } = (innermost(error) ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}

function hintOf(status: number): string {
  if (status === 401) return ": it wants a user and a password, or others than these";
  return status === 403 ? ": it does not allow it" : "";
}
