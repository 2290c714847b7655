import { type Logger as PinoLogger, pino } from "pino";
import type { Config } from "./config/config.js";
import type { Logger } from "./logger.js";
import { escapeControls, escapeJson } from "./text.js";

export interface LoggerOptions {
  readonly level: Config["logLevel"];
  /** `text`: one short line for a person; `json`: one object, for a program. */
  readonly format: "text" | "json";
  readonly colours: boolean;
  /** Takes whole lines, each with its line break. */
  readonly write: (line: string) => void;
}

interface Entry {
  readonly level: string;
  readonly time: number;
  readonly message: string;
  readonly plugin?: string;
  readonly [field: string]: unknown;
}

const COLOURS: Readonly<Record<string, string>> = {
  debug: "\u001b[90m",
  info: "\u001b[36m",
  warn: "\u001b[33m",
  error: "\u001b[31m",
};
const COLOUR_OFF = "\u001b[0m";

/** Makes a logger on pino. Control characters in what is logged are written out, in either format. */
export function createLogger({ level, format, colours, write }: LoggerOptions): Logger {
  const toLine =
    format === "json" ? escapeJson : (json: string): string => formatEntry(JSON.parse(json), colours);
  const logger = pino(
    {
      level,
      base: null,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (json: string) => write(toLine(json)) },
  );
  return wrap(logger);
}

function wrap(logger: PinoLogger): Logger {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

function formatEntry({ level, time, message, plugin, ...fields }: Entry, colours: boolean): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  const label = colours ? `${COLOURS[level] ?? ""}${level.padEnd(5)}${COLOUR_OFF}` : level.padEnd(5);
  const from = plugin === undefined ? "" : `[${plugin}] `;
  const details = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `${clock} ${label} ${escapeControls(`${from}${message}${details.join("")}`)}\n`;
}
