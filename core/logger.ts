/** What a part of MusicFS, or a plugin, writes its messages to. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  /** A logger whose every message carries `fields`. */
  child(fields: object): Logger;
  /** What the control API does with the log; absent where the log is nobody's business. */
  readonly control?: LogControl;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** A message as it was logged. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly plugin?: string;
  readonly [field: string]: unknown;
}

/** The log of a daemon, seen from outside. */
export interface LogControl {
  /** Messages below are dropped; may be set while the daemon runs. */
  level: LogLevel;
  /** The last messages, the oldest first. */
  recent(): readonly LogEntry[];
  /** Is told each message from now on, until the function that it returns is called. Must not log, nor throw. */
  listen(listener: (entry: LogEntry) => void): () => void;
}
