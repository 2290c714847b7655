import { writeSync } from "node:fs";
import { safeJson } from "../text.js";

/** Whether to colour what goes to `stream` (https://no-color.org). */
export function usesColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** Writes a line of data; messages go to stderr instead. */
export function printLine(line = ""): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  printLine(safeJson(value));
}

/** Writes a line for the person at the terminal. */
export function printMessage(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Lets a reader of our output leave (`musicfs tree | head`): that ends a command quietly, and disturbs a
 * daemon not at all.
 *
 * @param onFailed told where it cannot be written for another reason: a full disk. @default nothing
 */
export function surviveClosedOutput(
  onClosed: () => void,
  onFailed: (error: Error) => void = () => undefined,
): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners("error");
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE" || error.code === "EIO") onClosed();
      else onFailed(error);
    });
  }
}

/** Writes to stderr at once, also when the process ends right after. */
export function writeStderrSync(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody reads it any more.
  }
}
