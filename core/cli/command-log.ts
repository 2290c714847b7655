import type { Config } from "../config/config.js";
import type { Logger } from "../logger.js";
import { createLogger } from "../logging.js";
import type { LogFile } from "./log-file.js";
import { usesColours } from "./output.js";
import type { Screen } from "./screen.js";

/** The log of a daemon without a terminal, for programs. */
export function createFileLog(level: Config["logLevel"], file: LogFile): Logger {
  return createLogger({ level, format: "json", colours: false, write: (line) => file.write(line) });
}

/** The log of a command: lines for a person on a terminal, JSON for a program. */
export function createCommandLog(level: Config["logLevel"], screen: Screen): Logger {
  return createLogger({
    level,
    format: screen.isTerminal ? "text" : "json",
    colours: usesColours(process.stderr),
    write: (line) => screen.write(line),
  });
}
