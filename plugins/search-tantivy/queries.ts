import { EVERY, type SearchQuery, type TextField, wordsOfRange } from "musicfs/search";
import { OCCUR, type Query, type Schema, type Tantivy } from "./binding.js";
import { POSITION_ID, REST } from "./schema.js";

/** What a hit in a field counts when no field is named. */
const WEIGHTS: readonly (readonly [field: string, weight: number])[] = [
  ["title", 4],
  ["artist", 3],
  ["album", 2],
  [REST, 1],
];
/** How much the other fields add to the best one. */
const TIE_BREAKER = 0.1;

/** Makes tantivy's queries of ours; never through its parser. */
export class QueryBuilder {
  readonly #queries: Tantivy["Query"];
  readonly #schema: Schema;

  constructor(tantivy: Tantivy, schema: Schema) {
    this.#queries = tantivy.Query;
    this.#schema = schema;
  }

  /** The document that tells where the index stands. */
  position(): Query {
    return this.#queries.termQuery(this.#schema, "id", POSITION_ID, "basic");
  }

  /** A query for the tracks that `query` means. */
  build(query: SearchQuery): Query {
    const queries = this.#queries;
    switch (query.kind) {
      case "everything":
        return this.#unscored(queries.termQuery(this.#schema, "years", EVERY, "basic"));
      case "nothing":
        return queries.emptyQuery();
      case "years":
        return this.ofYears(wordsOfRange(query.from, query.to));
      case "all":
        return queries.booleanQuery([
          ...query.of.map((part) => ({ occur: OCCUR.must, query: this.build(part) })),
          ...query.except.map((part) => ({ occur: OCCUR.mustNot, query: this.build(part) })),
        ]);
      case "any":
        return queries.booleanQuery(
          query.of.map((part) => ({ occur: OCCUR.should, query: this.build(part) })),
        );
      default:
        return this.#inFields(query);
    }
  }

  /** A query for tracks that have one of these words among their years; see `yearWords`. */
  ofYears(words: readonly string[]): Query {
    const queries = this.#queries;
    // A few lists of words: to go through the years of all tracks takes longer.
    const years = words.map((word) => ({
      occur: OCCUR.should,
      query: queries.termQuery(this.#schema, "years", word, "basic"),
    }));
    return years.length === 0 ? queries.emptyQuery() : this.#unscored(queries.booleanQuery(years));
  }

  // As quick as the query itself, which one with a constant score is not.
  #unscored(query: Query): Query {
    return this.#queries.boostQuery(query, 0);
  }

  #inFields(query: WordQuery): Query {
    const queries = this.#queries;
    if (query.field !== undefined) return this.#inField(query, query.field);
    const parts = WEIGHTS.map(([field, weight]) => queries.boostQuery(this.#inField(query, field), weight));
    return queries.disjunctionMaxQuery(parts, TIE_BREAKER);
  }

  #inField(query: WordQuery, field: TextField | string): Query {
    const queries = this.#queries;
    switch (query.kind) {
      case "word":
        return queries.termQuery(this.#schema, field, query.word, "freq");
      case "prefix":
        return queries.fuzzyTermQuery(this.#schema, field, query.word, 0, true, true);
      case "fuzzy":
        return queries.fuzzyTermQuery(this.#schema, field, query.word, query.distance, true, false);
      case "phrase":
        return query.prefix
          ? queries.phrasePrefixQuery(this.#schema, field, query.words)
          : queries.phraseQuery(this.#schema, field, query.words);
    }
  }
}

type WordQuery = Extract<SearchQuery, { readonly kind: "word" | "prefix" | "fuzzy" | "phrase" }>;
