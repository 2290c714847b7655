import { COLLECTION_KINDS, query } from "../collections/kinds.js";
import { keyOfName, problemOfName } from "../collections/names.js";
import { messageOf } from "../errors.js";
import type { Collection, NamedCollection } from "../model/collection.js";
import { suggestionOf } from "./nearest.js";
import type { Problem } from "./problems.js";

export interface CollectionEntries {
  readonly collections: readonly NamedCollection[];
  readonly problems: readonly Problem[];
}

const MAX_COLLECTIONS = 200;

/**
 * Reads the `collections` of a config: names, each with a collection; in a file that is no script with a query as
 * text, or a kind with its options (`most-played: { limit: 50 }`). Falsy ones are dropped.
 */
export function readCollectionEntries(entries: Readonly<Record<string, unknown>>): CollectionEntries {
  const collections: NamedCollection[] = [];
  const problems: Problem[] = [];
  const names = new Set<string>();
  const given = Object.entries(entries).filter(([, entry]) => entry);
  for (const [name, entry] of given.slice(0, MAX_COLLECTIONS)) {
    const collection = collectionOf(entry);
    const twice = names.has(keyOfName(name))
      ? "another collection has this name, but for its case"
      : undefined;
    const problem = problemOfName(name) ?? twice;
    names.add(keyOfName(name));
    if (problem) problems.push({ path: ["collections", name], message: problem });
    if (typeof collection === "string") problems.push({ path: ["collections", name], message: collection });
    else if (!problem) collections.push({ name, collection });
  }
  if (given.length > MAX_COLLECTIONS) {
    problems.push({ path: ["collections"], message: `expected up to ${MAX_COLLECTIONS}` });
  }
  return { collections, problems };
}

/** @returns what is wrong with it, in words, where it is no collection. */
function collectionOf(entry: unknown): Collection | string {
  try {
    if (typeof entry === "string") return query(entry);
    if (typeof entry !== "object" || entry === null) return EXPECTED;
    if (isCollection(entry)) return entry;
    return byKind(entry);
  } catch (error) {
    return messageOf(error);
  }
}

function byKind(entry: object): Collection | string {
  const [[kind = "", options] = [], ...others] = Object.entries(entry);
  if (others.length > 0 || kind === "") return EXPECTED;
  const make = Object.hasOwn(COLLECTION_KINDS, kind) ? COLLECTION_KINDS[kind] : undefined;
  if (make) return make(typeof options === "object" && options !== null ? options : {});
  return `there is no kind '${kind}'${suggestionOf(kind, Object.keys(COLLECTION_KINDS))}`;
}

function isCollection(entry: object): entry is Collection {
  const { kind, limit, select } = entry as Partial<Collection>;
  const isWhole = typeof kind === "string" && typeof select === "function";
  return isWhole && Number.isInteger(limit) && (limit ?? 0) >= 1 && (limit ?? 0) <= 1000;
}

const EXPECTED = 'expected a collection such as recentlyAdded(), query("year:1984"), or a query as text';
