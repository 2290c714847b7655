import { type Logger as PinoLogger, pino } from "pino";
import type { LogControl, LogEntry, Logger, LogLevel } from "../logger.js";
import { redact, withoutSecrets } from "../secrets/redaction.js";
import { type FormatOptions, formatEntry, isAtLeast } from "./format.js";
import { LogMemory } from "./memory.js";
import { RepeatLimit } from "./repeats.js";
import { currentRequestId } from "./request-id.js";

export interface LoggerOptions extends FormatOptions {
  readonly level: LogLevel;
  /** Takes whole lines, each with its line break. */
  readonly write: (line: string) => void;
}

/** A log: the logger of all others, with what can be done to it while it is written. */
export interface RootLogger extends Logger {
  readonly control: LogControl;
  /** Writes what is held back; to be called before the process ends. */
  flush(): void;
}

/** Longer messages are cut, in characters. */
const MAX_MESSAGE = 8192;
/** Fields that take more are left out, in characters of JSON. */
const MAX_FIELDS = 32 * 1024;

/**
 * Makes a logger on pino. What it writes has no secrets in it, no control characters, and no message more
 * often than a person wants to read it.
 */
export function createLogger({ level, write, ...format }: LoggerOptions): RootLogger {
  const memory = new LogMemory();
  const output = (entry: LogEntry): void => {
    memory.add(entry);
    write(formatEntry(entry, format));
  };
  const repeats = new RepeatLimit(output);
  const control: LogControl = {
    level,
    recent: () => memory.recent(),
    listen: (listener) => memory.listen(listener),
  };
  const receive = (json: string): void => {
    const entry = parseEntry(json);
    // Whoever asks for debug messages wants all of them.
    if (entry.level === "debug") output(entry);
    else repeats.add(entry);
  };
  const root = wrap(createPino(receive), control);
  return { ...root, control, flush: () => repeats.flush() };
}

function createPino(receive: (json: string) => void): PinoLogger {
  return pino(
    {
      level: "debug",
      base: null,
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const request = currentRequestId();
        return request === undefined ? {} : { request };
      },
    },
    { write: receive },
  );
}

// The level is asked here, since pino gives each child one of its own.
function wrap(logger: PinoLogger, control: LogControl): Logger {
  const at = (level: LogLevel) => (message: string, fields?: object) => {
    if (!isAtLeast(level, control.level)) return;
    const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
    if (fields === undefined) logger[level](redact(text));
    else logger[level](withoutSecrets(fields) as object, redact(text));
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => wrap(logger.child(withoutSecrets(fields) as object), control),
  };
}

function parseEntry(json: string): LogEntry {
  const entry = JSON.parse(json) as LogEntry;
  if (json.length <= MAX_MESSAGE + MAX_FIELDS) return entry;
  const { time, level, message } = entry;
  return { time, level, message, fields: `left out: ${json.length} characters` };
}
