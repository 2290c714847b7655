import type { Index, Tantivy } from "./binding.js";
import { createSchema, tokenizerOf } from "./schema.js";

/** Opens the index in a folder that `prepareFolder` has made ready; it is made when it is missing. */
export function openIndex(tantivy: Tantivy, folder: string): Index {
  const index = new tantivy.Index(createSchema(tantivy), folder, true);
  index.registerTokenizer(...tokenizerOf(tantivy));
  return index;
}
