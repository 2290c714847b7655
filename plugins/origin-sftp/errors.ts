import { OriginError, type OriginErrorKind } from "musicfs";
import { StatusError } from "./wire/channel.js";
import { STATUS } from "./wire/protocol.js";

const WORDS: Readonly<Record<number, readonly [OriginErrorKind, string]>> = {
  [STATUS.noSuchFile]: ["missing", "there is no such file"],
  [STATUS.permissionDenied]: ["refused", "it may not be read"],
  [STATUS.unsupported]: ["refused", "the server does not do that"],
};

/** What a server's no means for what was asked of `subject`; anything else as it is. */
export function originErrorOf(error: unknown, subject: string): unknown {
  if (!(error instanceof StatusError)) return error;
  const [kind, words] = WORDS[error.status] ?? ["unavailable", "the server failed"];
  const detail = error.message === "" ? "" : ` (${error.message})`;
  return new OriginError(kind, `'${subject}': ${words}${detail}`, { cause: error });
}

/** Whether the server says for certain that there is nothing. */
export function isNotThere(error: unknown): boolean {
  return error instanceof StatusError && error.status === STATUS.noSuchFile;
}

/** Whether `error` only says that the connection is gone, so that another may do. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof OriginError && (error.kind === "unavailable" || error.kind === "wrong");
}
