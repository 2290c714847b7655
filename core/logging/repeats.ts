import type { LogEntry } from "../logger.js";

/** So many messages of a kind are let through in a window. */
const MAX_IN_WINDOW = 10;
/** Length of a window, in milliseconds. */
const WINDOW_MS = 30_000;
/** Kinds that are counted at a time; beyond, new kinds are let through. */
const MAX_KINDS = 500;

interface Kind {
  readonly last: LogEntry;
  readonly count: number;
}

/**
 * Holds back messages that repeat themselves: of those that differ in names and numbers only, ten in half a
 * minute are let through, and one at its end says how many there were more.
 */
export class RepeatLimit {
  readonly #write: (entry: LogEntry) => void;
  readonly #kinds = new Map<string, Kind>();
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (entry: LogEntry) => void) {
    this.#write = write;
  }

  add(entry: LogEntry): void {
    const key = kindOf(entry);
    const count = (this.#kinds.get(key)?.count ?? 0) + 1;
    if (count > 1 || this.#kinds.size < MAX_KINDS) this.#kinds.set(key, { last: entry, count });
    this.#timer ??= setTimeout(() => this.flush(), WINDOW_MS).unref();
    if (count <= MAX_IN_WINDOW) this.#write(entry);
  }

  /** Ends the window: writes what was held back, as a number. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const kinds = [...this.#kinds.values()];
    this.#kinds.clear();
    for (const { last, count } of kinds) {
      const held = count - MAX_IN_WINDOW;
      if (held > 0) this.#write({ ...last, message: `${last.message} (the last of ${held} more like it)` });
    }
  }
}

// What stands in quotes is a name: of a thousand files that cannot be read, ten will do.
function kindOf({ level, plugin, message }: LogEntry): string {
  return `${level} ${plugin ?? ""} ${message.replace(/'[^']*'|"[^"]*"|\d+/gu, "#").slice(0, 200)}`;
}
