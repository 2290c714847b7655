import { createHash } from "node:crypto";
import {
  DOCUMENTS_VERSION,
  type SearchDocument,
  TEXT_FIELDS,
  type TextField,
  yearWords,
} from "musicfs/search";
import type { Schema, Tantivy } from "./binding.js";

/** Changes whenever the same documents would make another index. */
const SCHEMA_VERSION = 2;

const TOKENIZER = "words";

/**
 * Words of all fields that have no weight of their own in a search in any field. One list to look through instead
 * of six, for the price of having these words twice.
 */
export const REST = "rest";
const WEIGHTED: ReadonlySet<TextField> = new Set(["title", "artist", "album"]);

/** Names an index: another one can't be read by this code. */
export const FINGERPRINT = createHash("sha256")
  .update(JSON.stringify([SCHEMA_VERSION, DOCUMENTS_VERSION, "tantivy-0.25", TEXT_FIELDS]))
  .digest("hex")
  .slice(0, 16);

/** The id of the document that tells where the index stands; tracks begin at 1. */
export const POSITION_ID = 0;

export function createSchema(tantivy: Tantivy): Schema {
  const builder = new tantivy.SchemaBuilder();
  builder.addUnsignedField("id", { stored: true, indexed: true });
  builder.addTextField("years", { tokenizerName: TOKENIZER, indexOption: "basic" });
  builder.addTextField("position", { stored: true, tokenizerName: TOKENIZER, indexOption: "basic" });
  for (const field of [...TEXT_FIELDS, REST]) {
    builder.addTextField(field, { tokenizerName: TOKENIZER, indexOption: "position" });
  }
  return builder.build();
}

/** An analyzer for words that have been folded already. */
export function tokenizerOf(tantivy: Tantivy): readonly [name: string, analyzer: object] {
  return [TOKENIZER, new tantivy.TextAnalyzerBuilder(tantivy.TokenizerStatic.whitespace()).build()];
}

/** A document as `addJson` takes it. */
export function jsonOf({ id, year, words }: SearchDocument): string {
  return JSON.stringify({ id, years: yearWords(year), ...words, [REST]: restOf(words) });
}

// Each word once would break phrases; the artist's own albums would have their artist twice.
function restOf(words: SearchDocument["words"]): string {
  const rest: string[] = [];
  for (const field of TEXT_FIELDS) {
    const text = words[field];
    if (WEIGHTED.has(field) || !text) continue;
    if (field === "albumartist" && text === words.artist) continue;
    rest.push(text);
  }
  return rest.join(" ");
}
