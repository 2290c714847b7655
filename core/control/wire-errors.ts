import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { ERROR_KINDS, type ErrorCode, EXIT, isMusicfsError, MusicfsError, messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { redact } from "../secrets/redaction.js";
import { ErrorDetailSchema } from "./gen/musicfs/v1/errors_pb.js";

/** What fits better than the rule of {@link codeOf}. */
const CODES: Partial<Record<ErrorCode, Code>> = {
  MFS_USAGE: Code.InvalidArgument,
  MFS_QUERY_INVALID: Code.InvalidArgument,
  MFS_NOT_FOUND: Code.NotFound,
};

/** Longest message or hint, in UTF-16 code units. */
const MAX_TEXT = 2000;

/** Lets methods throw what the rest of MusicFS throws: callers get its code and hint in the details. */
export function translateErrors(log: Logger): Interceptor {
  return (next) => async (request) => {
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: translated(response.message, log) };
    } catch (error) {
      throw toWire(error, log);
    }
  };
}

/** The error as it goes to a caller. */
export function toWire(error: unknown, log: Logger): ConnectError {
  if (error instanceof ConnectError) return error;
  if (error instanceof Error && error.name === "AbortError")
    return new ConnectError(messageOf(error), Code.Canceled);
  const known = isMusicfsError(error);
  if (!known) log.error(`a method of the control API failed: ${messageOf(error)}`, { stack: stackOf(error) });
  const { code, message, hint, retryable } = known
    ? error
    : new MusicfsError("MFS_INTERNAL", messageOf(error), { cause: error });
  return new ConnectError(shown(message), codeOf(code, retryable), undefined, [
    { desc: ErrorDetailSchema, value: { code, hint: shown(hint), retryable } },
  ]);
}

/** What {@link toWire} made, back again; `undefined` where the details do not say. */
export function fromWire(error: ConnectError): MusicfsError | undefined {
  const [detail] = error.findDetails(ErrorDetailSchema);
  if (!detail || !Object.hasOwn(ERROR_KINDS, detail.code)) return undefined;
  return new MusicfsError(detail.code as ErrorCode, error.rawMessage, { hint: detail.hint, cause: error });
}

// A message goes as a header, of which there may be so much; it may repeat what the caller sent.
function shown(text: string): string {
  const redacted = redact(text);
  return redacted.length > MAX_TEXT ? `${redacted.slice(0, MAX_TEXT).toWellFormed()}…` : redacted;
}

function codeOf(code: ErrorCode, retryable: boolean): Code {
  if (ERROR_KINDS[code].exitCode === EXIT.internal) return Code.Internal;
  return CODES[code] ?? (retryable ? Code.Unavailable : Code.FailedPrecondition);
}

async function* translated<T>(messages: AsyncIterable<T>, log: Logger): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw toWire(error, log);
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
