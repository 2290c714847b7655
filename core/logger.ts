/** What a part of MusicFS, or a plugin, writes its messages to. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  /** A logger whose every message carries `fields`. */
  child(fields: object): Logger;
}
