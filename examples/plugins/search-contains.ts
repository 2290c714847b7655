import { definePlugin, type SearchDocument, type SearchEngine, type SearchHit } from "musicfs";

/** Words of a query beyond these are not looked at. */
const MAX_WORDS = 32;

/**
 * Finds tracks whose texts contain every word of the query. It keeps all texts in memory and looks at each of
 * them for every query: right for some ten thousand tracks, and to see what a search engine must do.
 */
export const searchContains = definePlugin({
  name: "search-contains",
  provides: ["search"],
  setup({ hooks }) {
    hooks.provideSearch.tap(() => createSearch());
  },
});

function createSearch(): SearchEngine {
  const texts = new Map<number, string>();
  return {
    async update(changed, removedIds, signal) {
      signal.throwIfAborted();
      for (const id of removedIds) texts.delete(id);
      for (const document of changed) texts.set(document.id, textOf(document));
    },
    async search(query, limit, signal) {
      signal.throwIfAborted();
      const words = wordsOf(query);
      const hits: SearchHit[] = [];
      for (const [id, text] of texts) {
        const score = scoreOf(text, words);
        if (score > 0) hits.push({ id, score });
      }
      return hits.sort((a, b) => b.score - a.score || a.id - b.id).slice(0, limit);
    },
    async close() {
      texts.clear();
    },
  };
}

// The earlier a word stands, the better: titles come first.
function scoreOf(text: string, words: readonly string[]): number {
  let score = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    score += 1 / (1 + at);
  }
  return score;
}

function textOf(document: SearchDocument): string {
  const { title, artist, albumArtist, album, genre, composer, label, comment } = document;
  return folded([title, artist, album, albumArtist, genre, composer, label, comment].join("\n"));
}

function wordsOf(query: string): string[] {
  const words = folded(query)
    .split(/[^\p{Letter}\p{Number}]+/u)
    .filter((word) => word !== "");
  return [...new Set(words)].slice(0, MAX_WORDS);
}

// Without accents and case: "CAFÉ", composed or not, is found by "cafe".
function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{Mark}+/gu, "")
    .toLowerCase();
}
