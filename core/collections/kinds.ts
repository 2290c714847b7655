import { z } from "zod";
import { MusicfsError } from "../errors.js";
import type { Collection } from "../model/collection.js";
import { parseQuery } from "../search/query.js";

/** Most tracks that a collection may show. */
export const MAX_LIMIT = 1000;
const DAY_MS = 86_400_000;

const limit = z.int().min(1).max(MAX_LIMIT);
const sized = z.strictObject({ limit: limit.default(200) });
const recent = z.strictObject({
  days: z.number().positive().max(36_500).default(30),
  limit: limit.default(200),
});

/** Options of {@link recentlyAdded} and {@link recentlyPlayed}. */
export interface RecentOptions {
  /** How many days back, fractions too. @default 30 */
  readonly days?: number;
  /** Most tracks, up to 1000. @default 200 */
  readonly limit?: number;
}

/** Options of {@link mostPlayed} and {@link query}. */
export interface SizedOptions {
  /** Most tracks, up to 1000. @default 200 */
  readonly limit?: number;
}

/**
 * A collection of what came into the library lately, the newest first.
 *
 * @throws TypeError for options that it does not know.
 */
export function recentlyAdded(options: RecentOptions = {}): Collection {
  const { days, limit } = checked("recentlyAdded", recent, options);
  return withDays(days, {
    kind: "recently-added",
    limit,
    select: (source) => source.recentlyAdded(Date.now() - days * DAY_MS, limit),
  });
}

/** A collection of what was played lately, the last one first. @throws as {@link recentlyAdded} */
export function recentlyPlayed(options: RecentOptions = {}): Collection {
  const { days, limit } = checked("recentlyPlayed", recent, options);
  return withDays(days, {
    kind: "recently-played",
    limit,
    select: (source) => source.recentlyPlayed(Date.now() - days * DAY_MS, limit),
  });
}

/** A collection of what is played most. @throws as {@link recentlyAdded} */
export function mostPlayed(options: SizedOptions = {}): Collection {
  const { limit } = checked("mostPlayed", sized, options);
  return { kind: "most-played", limit, select: (source) => source.mostPlayed(limit) };
}

/**
 * A collection of what a query finds, the best first: `query("year:[1980 TO 1989]")`.
 *
 * @throws MusicfsError `MFS_QUERY_INVALID` with the place in the query; TypeError as {@link recentlyAdded}.
 */
export function query(text: string, options: SizedOptions = {}): Collection {
  const { limit } = checked("query", sized, options);
  if (typeof text !== "string" || text.trim() === "") {
    throw new MusicfsError("MFS_QUERY_INVALID", "a collection's query is empty");
  }
  parseQuery(text);
  return { kind: "query", query: text, limit, select: (source) => source.search(text, limit) };
}

/** The same by name, as they stand in a config that is no script. */
export const COLLECTION_KINDS: Readonly<Record<string, (options: object) => Collection>> = {
  "recently-added": recentlyAdded,
  "recently-played": recentlyPlayed,
  "most-played": mostPlayed,
};

// For who shows or compares configs.
function withDays(days: number, collection: Collection): Collection {
  return Object.assign(collection, { days });
}

function checked<T>(name: string, schema: z.ZodType<T>, options: unknown): T {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const found = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`);
  throw new TypeError(`${name}(): ${found.join("; ")}`);
}
