import type { SearchQuery, TextField } from "musicfs/search";
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
  readonly #u64: number;
  readonly #schema: Schema;

  constructor(tantivy: Tantivy, schema: Schema) {
    this.#queries = tantivy.Query;
    this.#u64 = tantivy.FieldType.U64;
    this.#schema = schema;
  }

  /** A query for the tracks that `query` means. */
  build(query: SearchQuery): Query {
    const queries = this.#queries;
    return queries.booleanQuery([
      { occur: OCCUR.must, query: this.#part(query) },
      { occur: OCCUR.mustNot, query: queries.termQuery(this.#schema, "id", POSITION_ID, "basic") },
    ]);
  }

  /** The document that tells where the index stands. */
  position(): Query {
    return this.#queries.termQuery(this.#schema, "id", POSITION_ID, "basic");
  }

  #part(query: SearchQuery): Query {
    const queries = this.#queries;
    switch (query.kind) {
      case "everything":
        return queries.allQuery();
      case "nothing":
        return queries.emptyQuery();
      case "years":
        if (query.from === query.to) return queries.termQuery(this.#schema, "year", query.from, "basic");
        return queries.rangeQuery(this.#schema, "year", this.#u64, query.from, query.to);
      case "all":
        return queries.booleanQuery([
          ...query.of.map((part) => ({ occur: OCCUR.must, query: this.#part(part) })),
          ...query.except.map((part) => ({ occur: OCCUR.mustNot, query: this.#part(part) })),
        ]);
      case "any":
        return queries.booleanQuery(
          query.of.map((part) => ({ occur: OCCUR.should, query: this.#part(part) })),
        );
      default:
        return this.#inFields(query);
    }
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
