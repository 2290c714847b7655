import { BitSet, type DocumentChanges, type IndexPosition, type IndexWriter } from "musicfs/search";
import type { Index, IndexWriter as NativeWriter, Searcher, Tantivy } from "./binding.js";
import { QueryBuilder } from "./queries.js";
import { jsonOf, POSITION_ID } from "./schema.js";

/** Memory that tantivy fills before it writes a segment. */
const HEAP_BYTES = 50_000_000;
/** More than one would take the processor from whoever listens to music. */
const THREADS = 1;

/** Writes an index of tantivy, with a document of its own that says where it stands. */
export class TantivyWriter implements IndexWriter {
  readonly #index: Index;
  readonly #writer: NativeWriter;
  readonly #queries: QueryBuilder;
  /** What was added since the index was opened, or cleared. */
  #added = new BitSet();
  /** The index as it was then. A deletion, also of what is not there, is looked for in all of it at the commit. */
  #before: Searcher;

  constructor(tantivy: Tantivy, index: Index) {
    this.#index = index;
    this.#writer = index.writer(HEAP_BYTES, THREADS);
    this.#queries = new QueryBuilder(tantivy, index.schema);
    this.#before = index.searcher();
  }

  position(): IndexPosition | undefined {
    const searcher = this.#index.searcher();
    const [hit] = searcher.search(this.#queries.position(), 1, false).hits;
    const text = hit && searcher.doc(hit.docAddress).toDict().position?.[0];
    return typeof text === "string" ? (JSON.parse(text) as IndexPosition) : undefined;
  }

  clear(): void {
    this.#writer.deleteAllDocuments();
    this.#writer.commit();
    this.#index.reload();
    this.#before = this.#index.searcher();
    this.#added = new BitSet();
  }

  apply({ documents, removedIds }: DocumentChanges): void {
    for (const id of removedIds) this.#writer.deleteDocumentsByTerm("id", id);
    for (const document of documents) {
      if (this.#mayHold(document.id)) this.#writer.deleteDocumentsByTerm("id", document.id);
      this.#added.add(document.id);
      this.#writer.addJson(jsonOf(document));
    }
  }

  commit(position: IndexPosition): void {
    this.#writer.deleteDocumentsByTerm("id", POSITION_ID);
    this.#writer.addJson(JSON.stringify({ id: POSITION_ID, position: JSON.stringify(position) }));
    this.#writer.commit();
    this.#index.reload();
  }

  tracks(): number {
    const documents = this.#index.searcher().numDocs;
    return documents === 0 ? 0 : documents - 1;
  }

  #mayHold(id: number): boolean {
    return this.#added.has(id) || this.#before.docFreq("id", id) > 0;
  }
}
