import { ReadFailedError, ReadTimeoutError } from "./block-reader.js";

/** Why a file's tags could not be read, or not all of them. */
export type TagProblemCode =
  /** The file has no bytes. */
  | "empty"
  /** The content is no audio format that is known here. */
  | "unrecognised"
  /** The format is known, but nothing here reads its tags. */
  | "unsupported"
  /** The content breaks the rules of its format; tags that came before are kept. */
  | "malformed"
  /** The bytes could not be had. */
  | "unreadable"
  /** Reading took longer than a file may take. */
  | "timeout"
  /** Reading took more memory than a file may take. */
  | "out-of-memory"
  /** Reading ended the worker thread. */
  | "crashed";

export interface TagProblem {
  readonly code: TagProblemCode;
  /** For a person: one line, at most 200 characters. */
  readonly detail: string;
}

const MAX_DETAIL = 200;

export function tagProblem(code: TagProblemCode, detail: string): TagProblem {
  return { code, detail: oneLine(detail) };
}

/** The problem that `error`, thrown while a file was read, tells of. */
export function problemOf(error: unknown): TagProblem {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof ReadTimeoutError) return tagProblem("timeout", detail);
  return tagProblem(isReadFailure(error) ? "unreadable" : "malformed", detail);
}

function isReadFailure(error: unknown): boolean {
  if (error instanceof ReadFailedError) return true;
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^E[A-Z]+$/.test(error.code)
  );
}

// What a parser says may quote the file: escape codes must not reach a terminal.
function oneLine(text: string): string {
  const escaped = text
    .slice(0, MAX_DETAIL)
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu, escapeCharacter);
  return escaped.length > MAX_DETAIL ? `${escaped.slice(0, MAX_DETAIL - 1)}…` : escaped;
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
