import type { LogEntry } from "../logger.js";

/** Messages that are remembered. */
const MAX_ENTRIES = 1000;

/** The last messages, for whoever asks what happened. */
export class LogMemory {
  #entries: LogEntry[] = [];
  #listeners: readonly ((entry: LogEntry) => void)[] = [];

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length >= 2 * MAX_ENTRIES) this.#entries = this.recent();
    for (const listener of this.#listeners) listener(entry);
  }

  /** The oldest first. */
  recent(): LogEntry[] {
    return this.#entries.slice(-MAX_ENTRIES);
  }

  listen(listener: (entry: LogEntry) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }
}
