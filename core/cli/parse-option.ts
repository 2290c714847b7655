import { InvalidArgumentError } from "commander";
import { MAX_HITS } from "../model/search-engine.js";

/** Seconds up to a day, fractions allowed. @throws InvalidArgumentError */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text !== "" && seconds >= 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("Expected seconds, such as 30.");
}

/** A number from 0 to 1,000,000. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  if (/^\d{1,6}$/u.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number from 0.");
}

/** A depth from 1 to 9999. @throws InvalidArgumentError */
export function parseLevels(text: string): number {
  if (/^[1-9]\d{0,3}$/u.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number from 1.");
}

/** A number of hits from 1 to 1000. @throws InvalidArgumentError */
export function parseHits(text: string): number {
  if (/^\d{1,4}$/u.test(text) && Number(text) >= 1 && Number(text) <= MAX_HITS) return Number(text);
  throw new InvalidArgumentError(`Expected a number from 1 to ${MAX_HITS}.`);
}
