import { setTimeout } from "node:timers/promises";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { type ReadingContext, readTagsOfNoted } from "./reading.js";

/** Pause between two looks at what a running listing has noted, in milliseconds. */
const LISTING_POLL_MS = 20;

/** Takes turns in reading the tags of files that listings have noted: one reader at a time, so that no file is read twice. */
export class TagReading {
  readonly #context: ReadingContext;
  readonly #log: Logger;
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: ReadingContext, log: Logger) {
    this.#context = context;
    this.#log = log;
  }

  /** Reads until `listings` is settled and nothing is left to read. @throws `signal.reason` */
  until(listings: Promise<unknown>, signal: AbortSignal): Promise<void> {
    let isListing = true;
    const listed = (): void => {
      isListing = false;
    };
    const settled = listings.then(listed, listed);
    const hasMore = async (): Promise<boolean> => {
      if (!isListing) return false;
      await Promise.race([settled, setTimeout(LISTING_POLL_MS)]);
      return true;
    };
    const reading = this.#last.then(() => readTagsOfNoted(this.#context, hasMore, signal));
    this.#last = reading.catch(() => undefined);
    return reading;
  }

  /** Reads what is noted, and counts as running meanwhile; nobody waits for it. `found`: files that were just noted. */
  begin(signal: AbortSignal, found = 0): void {
    const { progress } = this.#context;
    progress.start();
    progress.found(found);
    this.until(Promise.resolve(), signal)
      .catch((error) => {
        if (!signal.aborted) this.#log.error(`reading tags failed: ${messageOf(error)}`);
      })
      .finally(() => progress.end());
  }
}
