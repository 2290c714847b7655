import type { Config } from "../config/config.js";
import { createLogger, type RootLogger } from "../logging/create-logger.js";
import { isJournal } from "../logging/journal.js";
import type { LogFile } from "./log-file.js";
import { usesColours } from "./output.js";
import type { Screen } from "./screen.js";

const STDERR = 2;

/** The log of a daemon without a terminal, for programs. */
export function createFileLog(level: Config["logLevel"], file: LogFile): RootLogger {
  return createLogger({ level, format: "json", colours: false, write: (line) => file.write(line) });
}

/** The log of a command: lines for a person on a terminal, with priorities in the journal, JSON for a program. */
export function createCommandLog(level: Config["logLevel"], screen: Screen): RootLogger {
  return createLogger({
    level,
    format: screen.isTerminal ? "text" : isJournal(STDERR, process.env) ? "journal" : "json",
    colours: usesColours(process.stderr),
    write: (line) => screen.write(line),
  });
}
