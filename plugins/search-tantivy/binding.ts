import { createRequire } from "node:module";
import { MusicfsError } from "musicfs";

/** A query of tantivy's own. Opaque. */
export interface Query {
  readonly toString: () => string;
}

export interface Schema {
  readonly fieldNames: readonly string[];
}

/** Values of `occur`; the binding takes the numbers. */
export const OCCUR = { must: 0, should: 1, mustNot: 2 } as const;

/** Each must be called on its class. */
interface QueryFactory {
  emptyQuery(): Query;
  /** `value`: text for a text field; for a number field below 2^32, since more is cut off in silence. */
  termQuery(
    schema: Schema,
    field: string,
    value: string | number,
    record?: "position" | "freq" | "basic",
  ): Query;
  /** Of `distance` 0 and with `prefix` a query for words that begin so. */
  fuzzyTermQuery(
    schema: Schema,
    field: string,
    word: string,
    distance: number,
    transpositionCostsOne: boolean,
    prefix: boolean,
  ): Query;
  /** Two words at least: one aborts the process. */
  phraseQuery(schema: Schema, field: string, words: readonly string[]): Query;
  /** As above; the last word is a prefix. */
  phrasePrefixQuery(schema: Schema, field: string, words: readonly string[]): Query;
  booleanQuery(parts: readonly { readonly occur: number; readonly query: Query }[]): Query;
  disjunctionMaxQuery(parts: readonly Query[], tieBreaker: number): Query;
  boostQuery(query: Query, boost: number): Query;
}

export interface DocAddress {
  readonly segmentOrd: number;
  readonly doc: number;
}

export interface Searcher {
  /** `limit` is at least 1: 0 aborts the process. */
  search(
    query: Query,
    limit: number,
    count: boolean,
  ): {
    readonly hits: readonly { readonly score?: number; readonly docAddress: DocAddress }[];
    readonly count?: number;
  };
  doc(address: DocAddress): { toDict(): Readonly<Record<string, readonly unknown[] | undefined>> };
  readonly numDocs: number;
  /** Documents that have a term. Takes 32-bit numbers. */
  docFreq(field: string, value: string | number): number;
}

export interface IndexWriter {
  /** Takes 64-bit numbers, unlike the binding's own documents, and keeps no JavaScript objects waiting. */
  addJson(json: string): unknown;
  /** As of the next commit. Takes 32-bit numbers. */
  deleteDocumentsByTerm(field: string, value: string | number): unknown;
  deleteAllDocuments(): void;
  commit(): unknown;
}

export interface Index {
  readonly schema: Schema;
  /** Must be called after every opening: tokenizers are not part of an index. */
  registerTokenizer(name: string, analyzer: object): void;
  writer(heapBytes: number, threads: number): IndexWriter;
  searcher(): Searcher;
  /** Lets the next searcher see the last commit; by itself that takes seconds. */
  reload(): void;
}

interface SchemaBuilder {
  addTextField(
    name: string,
    options: { stored?: boolean; tokenizerName: string; indexOption: "position" | "freq" | "basic" },
  ): SchemaBuilder;
  addUnsignedField(
    name: string,
    options: { stored?: boolean; indexed?: boolean; fast?: boolean },
  ): SchemaBuilder;
  build(): Schema;
}

/** What is used of the package: tantivy 0.25. Every call is synchronous, and a panic of Rust ends the process. */
export interface Tantivy {
  readonly SchemaBuilder: new () => SchemaBuilder;
  readonly Index: { new (schema: Schema, folder: string, reuse: boolean): Index };
  readonly Query: QueryFactory;
  readonly TextAnalyzerBuilder: new (tokenizer: object) => { build(): object };
  readonly TokenizerStatic: { whitespace(): object };
}

/** The package with the binary for this machine. */
export const PACKAGE = `@oxdev03/node-tantivy-binding-${process.platform}-${process.arch}${process.platform === "linux" ? "-gnu" : ""}`;

const require = createRequire(import.meta.url);

/** Whether the package is installed; it is not loaded. */
export function isTantivyInstalled(): boolean {
  try {
    require.resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
}

/**
 * Loads the binding. Only for a process that may die of it.
 *
 * @throws MusicfsError `MFS_MACHINE_LACKS` with what to install, or to choose instead.
 */
export function loadTantivy(): Tantivy {
  try {
    return require(PACKAGE) as Tantivy;
  } catch (cause) {
    throw tantivyMissing(
      cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause),
      cause,
    );
  }
}

export function tantivyMissing(reason: string, cause?: unknown): MusicfsError {
  return new MusicfsError("MFS_MACHINE_LACKS", `tantivy cannot be loaded: ${reason}`, {
    hint: `Type 'npm install ${PACKAGE}', or choose searchSqlite() instead.`,
    cause,
  });
}
