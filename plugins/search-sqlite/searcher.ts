import type { Database, Statement } from "better-sqlite3";
import {
  distanceOf,
  type SearchAnswer,
  type SearchHit,
  type SearchQuery,
  TEXT_FIELDS,
  type TextField,
} from "musicfs/search";
import { expressionOf, type Vocabulary } from "./expressions.js";

/** A word in more tracks than this makes ranking slow: FTS5 looks at all of them for every search. */
const RANKED_ROWS = 5_000;
/** Words that one with slips may stand for. */
const MAX_NEAR = 30;
/** Pairs of characters that one letter stands for when it is a beginning. */
const MAX_PAIRS = 100;
/** Expressions whose number of rows is remembered. */
const MAX_COUNTED = 2_000;

/** What a hit in a column counts; an artist is mostly the album's artist, too. */
const WEIGHTS: Partial<Record<TextField, number>> = { title: 12, artist: 5, album: 3 };
/** Where unranked hits are looked for, the best first; `undefined` is anywhere. */
const TIERS: readonly (TextField | undefined)[] = ["title", "artist", "album", undefined];

/** Answers searches from an index of FTS5. */
export class SqliteSearcher {
  readonly #ranked: Statement<[string, number], [id: number, rank: number]>;
  readonly #count: Statement<[string], number>;
  readonly #some: Statement<[string, number], number>;
  readonly #countSome: Statement<[string, number], number>;
  readonly #vocabulary: Vocabulary;
  readonly #isCommon = new Map<string, boolean>();
  readonly #pairs = new Map<string, readonly string[]>();

  constructor(db: Database) {
    const weights = [...TEXT_FIELDS.map((field) => WEIGHTS[field] ?? 1), 0].join(", ");
    this.#ranked = db
      .prepare<[string, number], [number, number]>(
        `SELECT rowid, bm25(tracks, ${weights}) AS score FROM tracks WHERE tracks MATCH ? ORDER BY score LIMIT ?`,
      )
      .raw();
    this.#count = db.prepare<[string], number>("SELECT count(*) FROM tracks WHERE tracks MATCH ?").pluck();
    this.#some = db
      .prepare<[string, number], number>("SELECT rowid FROM tracks WHERE tracks MATCH ? LIMIT ?")
      .pluck();
    this.#countSome = db
      .prepare<[string, number], number>(
        "SELECT count(*) FROM (SELECT 1 FROM tracks WHERE tracks MATCH ? LIMIT ?)",
      )
      .pluck();
    const near = db
      .prepare<[string, number, number], string>(
        "SELECT word FROM vocabulary WHERE initial = ? AND length BETWEEN ? AND ?",
      )
      .pluck();
    const pairs = db
      .prepare<[string, number], string>(
        "SELECT DISTINCT substr(word, 1, 2) FROM vocabulary WHERE initial = ? AND length > 1 LIMIT ?",
      )
      .pluck();
    this.#vocabulary = {
      near: (word, distance) => nearOf(near, word, distance),
      pairs: (initial) => this.#pairsOf(pairs, initial),
    };
  }

  /** The index has changed. */
  refresh(): void {
    this.#isCommon.clear();
    this.#pairs.clear();
  }

  search(query: SearchQuery, limit: number): SearchAnswer {
    const expression = expressionOf(query, this.#vocabulary);
    if (expression.leaves.some((leaf) => this.#hasManyRows(leaf))) return this.#unranked(query, limit);
    const rows = this.#ranked.all(expression.text, limit);
    const total = rows.length < limit ? rows.length : (this.#count.get(expression.text) ?? rows.length);
    return { hits: rows.map(([id, rank]) => ({ id, score: -rank })), total };
  }

  // In the order of their numbers, those with the words in the title first, then in the artist, then in the album.
  #unranked(query: SearchQuery, limit: number): SearchAnswer {
    const hits = new Map<number, SearchHit>();
    let isAll = false;
    for (const [tier, column] of TIERS.entries()) {
      if (hits.size >= limit) break;
      const { text } = expressionOf(query, this.#vocabulary, column);
      // Those of the tiers before are found here again.
      const ids = this.#some.all(text, limit + (column === undefined ? hits.size : 0));
      for (const id of ids) {
        if (hits.size < limit && !hits.has(id)) hits.set(id, { id, score: TIERS.length - tier });
      }
      isAll = column === undefined && ids.length < limit;
    }
    return { hits: [...hits.values()], ...(isAll ? { total: hits.size } : {}) };
  }

  #pairsOf(statement: Statement<[string, number], string>, initial: string): readonly string[] {
    const known = this.#pairs.get(initial) ?? statement.all(initial, MAX_PAIRS);
    if (this.#pairs.size >= MAX_COUNTED) this.#pairs.clear();
    this.#pairs.set(initial, known);
    return known;
  }

  #hasManyRows(leaf: string): boolean {
    const known = this.#isCommon.get(leaf);
    if (known !== undefined) return known;
    const isCommon = (this.#countSome.get(leaf, RANKED_ROWS + 1) ?? 0) > RANKED_ROWS;
    if (this.#isCommon.size >= MAX_COUNTED) this.#isCommon.clear();
    this.#isCommon.set(leaf, isCommon);
    return isCommon;
  }
}

// Words with another first letter are not looked at: that would be all there are.
function nearOf(
  statement: Statement<[string, number, number], string>,
  word: string,
  distance: number,
): readonly string[] {
  const [initial = ""] = word;
  const near: [word: string, distance: number][] = [];
  for (const candidate of statement.iterate(initial, word.length - distance, word.length + distance)) {
    const edits = distanceOf(word, candidate, distance + 1);
    if (edits <= distance) near.push([candidate, edits]);
  }
  near.sort(([, one], [, other]) => one - other);
  return near.slice(0, MAX_NEAR).map(([found]) => found);
}
