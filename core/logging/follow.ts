import type { LogControl, LogEntry, LogLevel } from "../logger.js";
import { isAtLeast } from "./format.js";

export interface FollowOptions {
  /** Messages of the past, at most. */
  readonly lines: number;
  /** Only messages of this level and above. */
  readonly level: LogLevel;
  /** Goes on with new messages until the signal aborts. */
  readonly follow: boolean;
}

/** Some messages, the oldest first. */
export interface LogBatch {
  readonly entries: readonly LogEntry[];
  /** Messages that were lost before these, because nobody took them. */
  readonly lost: number;
}

/** Messages that wait for a slow reader; beyond, the oldest are lost. */
const MAX_WAITING = 1000;

/** What was logged, and if wanted what is logged from now on; nothing lies between the two. */
export async function* followLog(
  log: LogControl,
  { lines, level, follow }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<LogBatch> {
  let waiting: LogEntry[] = log.recent().filter((entry) => isAtLeast(entry.level, level));
  let lost = 0;
  waiting = lines === 0 ? [] : waiting.slice(-lines);
  if (!follow) return yield { entries: waiting, lost };
  let wake: () => void = () => undefined;
  const stopListening = log.listen((entry) => {
    if (!isAtLeast(entry.level, level)) return;
    if (waiting.length >= MAX_WAITING) {
      waiting.shift();
      lost += 1;
    }
    waiting.push(entry);
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    // The first batch comes at once, so that the reader knows that it listens.
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      if (waiting.length > 0 || isFirst) {
        const batch = { entries: waiting, lost };
        waiting = [];
        lost = 0;
        yield batch;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    stopListening();
    signal.removeEventListener("abort", onAbort);
  }
}
