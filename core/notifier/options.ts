import { duration } from "../config/units.js";

/** The options that every notifier has, to be spread into its own. */
export function notifierOptions() {
  return {
    /**
     * The server is told once the library has not changed for this long; milliseconds or text.
     * @default "10 s"
     */
    quiet: duration({ maxMs: 3_600_000 }).prefault("10 s"),
    /** Though it still changes, the server is told after this long; milliseconds or text. @default "5 min" */
    maxWait: duration({ maxMs: 86_400_000 }).prefault("5 min"),
  };
}
