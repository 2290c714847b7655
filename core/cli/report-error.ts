import { EXIT, isMusicfsError, MusicfsError, messageOf } from "../errors.js";
import { isJournal } from "../logging/journal.js";
import { redact } from "../secrets/redaction.js";
import { escapeControlsInLines } from "../text.js";
import { printMessage } from "./output.js";

const STDERR = 2;
/** `error` among syslog's levels, as the journal takes it (sd-daemon(3)). */
const ERROR_PRIORITY = "<3>";

/**
 * Tells a person what went wrong: `error MFS_X: what`, and below it what to do. A stack is shown for what is
 * our own fault, and with MUSICFS_LOG_LEVEL=debug.
 *
 * @returns the exit code.
 */
export function reportError(thrown: unknown): number {
  const error = asMusicfsError(thrown);
  show(`error ${error.code}: ${error.message}`);
  for (const line of error.hint.split("\n")) show(`  ${line}`);
  if (error.exitCode === EXIT.internal || process.env.MUSICFS_LOG_LEVEL === "debug") {
    show(stackOf(error.cause ?? error));
  }
  return error.exitCode;
}

function show(text: string): void {
  const lines = escapeControlsInLines(redact(text));
  printMessage(isJournal(STDERR, process.env) ? lines.replace(/^/gmu, ERROR_PRIORITY) : lines);
}

/** What is not an error of ours already is a fault of ours. */
export function asMusicfsError(thrown: unknown): MusicfsError {
  if (isMusicfsError(thrown)) return thrown;
  return new MusicfsError("MFS_INTERNAL", messageOf(thrown), { cause: thrown });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
