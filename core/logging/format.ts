import type { LogEntry, LogLevel } from "../logger.js";
import { escapeControls, safeJson } from "../text.js";

/**
 * How a line of the log looks.
 *
 * - `text`: short, for a person.
 * - `json`: one object, for a program.
 * - `journal`: as `text` without the time, with a priority that systemd takes off (`<4>`, see sd-daemon(3)).
 */
export type LogFormat = "text" | "json" | "journal";

export interface FormatOptions {
  readonly format: LogFormat;
  readonly colours: boolean;
}

/** Priorities of syslog(3): debug, info, warning, err. */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };
const COLOURS: Readonly<Record<LogLevel, string>> = {
  debug: "\u001b[90m",
  info: "\u001b[36m",
  warn: "\u001b[33m",
  error: "\u001b[31m",
};
const COLOUR_OFF = "\u001b[0m";

/** One line with its line break; control characters in what was logged are written out. */
export function formatEntry(entry: LogEntry, { format, colours }: FormatOptions): string {
  if (format === "json") return `${safeJson(entry)}\n`;
  const { level } = entry;
  if (format === "journal") return `<${PRIORITIES[level]}>${textOf(entry)}\n`;
  const clock = new Date(entry.time).toTimeString().slice(0, 8);
  const label = colours ? `${COLOURS[level]}${level.padEnd(5)}${COLOUR_OFF}` : level.padEnd(5);
  return `${clock} ${label} ${textOf(entry)}\n`;
}

/** Whether a message of `level` is one of those from `least` on. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return PRIORITIES[level] <= PRIORITIES[least];
}

function textOf({ message, plugin, time: _time, level: _level, ...fields }: LogEntry): string {
  const from = plugin === undefined ? "" : `[${plugin}] `;
  const details = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return escapeControls(`${from}${message}${details.join("")}`);
}
