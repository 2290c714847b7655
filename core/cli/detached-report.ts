import type { ErrorCode } from "../errors.js";
import { asMusicfsError } from "./report-error.js";

/** What a detached daemon tells the command that started it, once. */
export type DetachedReport =
  | { readonly mounted: string; readonly pid: number; readonly logFile: string }
  | { readonly code: ErrorCode; readonly message: string; readonly hint: string };

/** Tells the command that started this process, and lets it go. */
export function report(message: DetachedReport): void {
  process.send?.(message, () => process.connected && process.disconnect());
}

export function reportFailure(error: unknown): void {
  const { code, message, hint } = asMusicfsError(error);
  report({ code, message, hint });
}
