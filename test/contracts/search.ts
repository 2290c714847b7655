import assert from "node:assert/strict";
import { MAX_HITS, type SearchEngine } from "../../core/model/search-engine.js";
import { parseQuery } from "../../core/search/query.js";
import type { ContractCase, ContractSubject } from "./contract.js";
import { noAbort, settledWithin } from "./deadline.js";
import { hostileQueries } from "./hostile-queries.js";
import { type SampleTrack, SearchLibrary } from "./search-library.js";

export interface SearchSubject extends ContractSubject {
  readonly engine: SearchEngine;
  /** Longest that a change of a small library may take to be found, in milliseconds. @default 20 000 */
  readonly patienceMs?: number;
}

export type SearchCase = ContractCase<SearchSubject>;

/** Longest that one search of a few documents may take, in milliseconds: more is a query that hangs. */
const SEARCH_MS = 10_000;

/** The contract of a search engine. Each case has a catalogue of its own, and an empty folder for the index. */
export const searchContract: readonly SearchCase[] = [
  withLibrary("an empty library has no hits, and is ready", [], async (library) => {
    await library.ready();
    assert.deepEqual((await library.search("lantern")).hits, []);
    assert.deepEqual((await library.search("*")).hits, []);
  }),
  withLibrary(
    "words are found in every field, in any case, and only where they stand",
    SAMPLE(),
    async (library) => {
      await library.finds("keeper", ["The Keeper's Daughter"]);
      await library.finds("KEEPER", ["The Keeper's Daughter"]);
      await library.finds("marrow", ["Tide Table", "Harbour Lights", "The Keeper's Daughter"]);
      await library.finds("winter", ["Thaw", "Two Chairs"]);
      await library.finds("chamber", ["Thaw"]);
      await library.finds("varga-holm", ["Two Chairs"]);
      await library.finds("northlight", ["Tide Table"]);
      await library.finds("scratchy", ["Harbour Lights"]);
      await library.finds("loose", ["Lux Æterna"]);
      await library.finds("nowhere-to-be-found", []);
    },
  ),
  withLibrary("a field holds a search to itself", SAMPLE(), async (library) => {
    await library.finds("title:tide", ["Tide Table"]);
    await library.finds("artist:tide", []);
    await library.finds("albumArtist:finch", ["Tide Table", "Harbour Lights", "The Keeper's Daughter"]);
    await library.finds("album:salt", ["Tide Table", "Harbour Lights", "The Keeper's Daughter"]);
    await library.finds("genre:chamber", ["Thaw"]);
    await library.finds("composer:holm", ["Two Chairs"]);
    await library.finds("label:northlight", ["Tide Table"]);
    await library.finds("comment:scratchy", ["Harbour Lights"]);
    await library.finds("lyrics:gulls", ["Harbour Lights"]);
    await library.finds("path:loose", ["Lux Æterna"]);
    await library.finds("label:(northlight OR elsewhere)", ["Tide Table"]);
    await library.finds("tide", [], { fields: ["artist"] });
  }),
  withLibrary("words are joined by AND, OR, NOT and parentheses", SAMPLE(), async (library) => {
    await library.finds("tide marrow", ["Tide Table"]);
    await library.finds("tide AND winter", []);
    await library.finds("tide OR thaw", ["Tide Table", "Thaw"]);
    await library.finds("marrow -tide", ["Harbour Lights", "The Keeper's Daughter"]);
    await library.finds("marrow NOT (tide OR harbour)", ["The Keeper's Daughter"]);
    await library.finds("-marrow -winter", ["灯", "Lux Æterna"]);
    await library.finds("(tide OR thaw) winter", ["Thaw"]);
    await library.finds("* -marrow -winter -lux", ["灯"]);
    await library.finds(
      "marrow OR -marrow",
      SAMPLE().map(({ title }) => title),
    );
  }),
  withLibrary("a phrase is words that follow each other", SAMPLE(), async (library) => {
    await library.finds('"tide table"', ["Tide Table"]);
    await library.finds('"table tide"', []);
    await library.finds('album:"salt lanterns"', ["Tide Table", "Harbour Lights", "The Keeper's Daughter"]);
    await library.finds('"tide tab"*', ["Tide Table"]);
    await library.finds('"tide"', ["Tide Table"]);
  }),
  withLibrary("words are found by their beginnings, and with slips", SAMPLE(), async (library) => {
    await library.finds("harb*", ["Harbour Lights"]);
    await library.finds("h*", ["Harbour Lights", "Two Chairs"]);
    await library.finds("title:h*", ["Harbour Lights"]);
    await library.finds("harbur~1", ["Harbour Lights"]);
    await library.finds("harbuor~1", ["Harbour Lights"]);
    await library.finds("title:thwa~", ["Thaw"]);
    await library.finds("harxxxx~2", []);
    await library.finds("harxour~0", []);
  }),
  withLibrary("years are found one by one and in ranges, with both ends", SAMPLE(), async (library) => {
    await library.finds("year:1973", ["Tide Table"]);
    await library.finds("1973", ["Tide Table"]);
    await library.finds("year:[1973 TO 1984]", ["Tide Table", "Harbour Lights", "The Keeper's Daughter"]);
    await library.finds("year:1974..1984", ["Harbour Lights", "The Keeper's Daughter"]);
    await library.finds("year>1984", ["Thaw", "Two Chairs"]);
    await library.finds("year:<=1973", ["Tide Table"]);
    await library.finds("year:198*", ["Harbour Lights", "The Keeper's Daughter"]);
    await library.finds("winter year:[* TO 1999]", ["Thaw"]);
    await library.finds("-year:[0 TO 9999]", ["灯", "Lux Æterna"]);
  }),
  withLibrary("a range of years is counted exactly, also when tracks have changed", [], async (library) => {
    const ids = library.add(
      Array.from({ length: 90 }, (_, at) => ({ title: `Take ${at}`, year: 1970 + (at % 30) })),
    );
    await library.counts(90);
    const range = async (limit: number): Promise<readonly [number, number | undefined]> => {
      const { hits, total } = await library.search("year:1975..1984", limit);
      return [hits.length, total];
    };
    assert.deepEqual(await range(1000), [30, 30]);
    assert.deepEqual(await range(7), [7, 30]);
    library.remove(ids.slice(0, 30));
    await library.counts(60);
    assert.deepEqual(await range(1000), [20, 20]);
    assert.deepEqual(await range(7), [7, 20]);
    library.replace(ids.at(-1) ?? 0, { title: "Moved", year: 1980 });
    await library.finds("moved year:1980", ["Moved"]);
    assert.deepEqual(await range(1000), [21, 21]);
    assert.equal((await library.search("year:[0 TO 9999]")).total, 60);
  }),
  withLibrary("it says which change of the catalogue it has come to", [], async (library) => {
    const [id = 0] = library.add([{ title: "Before" }]);
    await library.counts(1);
    const { stamp } = library.index.progress;
    if (stamp === undefined) return;
    library.replace(id, { title: "After" });
    await library.passes(stamp);
    await library.finds("after", ["After"]);
  }),
  withLibrary(
    "case, accents and ligatures make no difference, on either side",
    ACCENTS(),
    async (library) => {
      for (const query of ["cafe", "caf\u00e9", "cafe\u0301", "CAF\u00c9"]) {
        await library.finds(query, ["Caf\u00e9 Noir", "Cafe\u0301 Blanc"]);
      }
      await library.finds("lux aeterna", ["Lux Æterna"]);
      await library.finds("LUX ÆTERNA", ["Lux Æterna"]);
      await library.finds("strasse", ["Straße"]);
      await library.finds("soren", ["Søren"]);
      await library.finds("dont", ["Don\u2019t"]);
      await library.finds("don't", ["Don\u2019t"]);
      await library.finds("amour", ["L'Amour"]);
      await library.finds("acdc", ["AC/DC"]);
      await library.finds("ac/dc", ["AC/DC"]);
      await library.finds("!!!", ["!!!"]);
    },
  ),
  withLibrary("words without blanks between them are found by what is in them", SAMPLE(), async (library) => {
    for (const query of ["夜の海", "の海", "海", "夜", "夜の", "灯"]) await library.finds(query, ["灯"]);
    await library.finds("海夜", []);
  }),
  withLibrary(
    "what stands in the title comes before the artist, the album and the rest",
    [],
    async (library) => {
      library.add([
        { title: "One", comment: "lantern" },
        { title: "Two", album: "Lantern" },
        { title: "Three", artists: ["Lantern"] },
        { title: "Lantern" },
      ]);
      await library.finds("lantern", ["One", "Two", "Three", "Lantern"]);
      assert.deepEqual(await library.titles("lantern"), ["Lantern", "Three", "Two", "One"]);
    },
  ),
  withLibrary(
    "there are never more hits than asked for, none comes twice, the best come first",
    [],
    async (library) => {
      library.add(Array.from({ length: 500 }, (_, index) => ({ title: `Take ${index}`, artists: ["Same"] })));
      await library.ready();
      for (const limit of [1, 2, 10, 499, 500, MAX_HITS]) {
        const { hits, total } = await library.search("same", limit);
        assert.equal(hits.length, Math.min(limit, 500));
        assert.equal(new Set(hits.map(({ id }) => id)).size, hits.length);
        assert.ok(total === undefined || total === 500, `total ${total}`);
        hits.forEach(({ score }, index) => {
          assert.ok(Number.isFinite(score) && score <= (hits[index - 1]?.score ?? score), `score ${score}`);
        });
      }
    },
  ),
  withLibrary(
    "it follows the library: what is new, different or gone",
    SAMPLE().slice(0, 3),
    async (library) => {
      await library.finds("keeper", ["The Keeper's Daughter"]);
      const [added = 0] = library.add([{ title: "Somebody Else" }]);
      await library.finds("somebody", ["Somebody Else"]);
      library.replace(added, { title: "Nobody At All" });
      await library.finds("nobody", ["Nobody At All"]);
      await library.finds("somebody", []);
      library.remove([added, 1]);
      await library.finds("nobody", []);
      await library.finds("marrow", ["Harbour Lights", "The Keeper's Daughter"]);
    },
  ),
  withLibrary("it goes on where it was, with what changed while it was closed", SAMPLE(), async (library) => {
    await library.ready();
    await library.reopen();
    await library.finds("keeper", ["The Keeper's Daughter"]);
    await library.index.close();
    library.remove([3]);
    library.add([{ title: "Late Arrival" }]);
    await library.open();
    await library.finds("arrival", ["Late Arrival"]);
    await library.finds("keeper", []);
    await library.finds("tide", ["Tide Table"]);
  }),
  withLibrary("of another catalogue it keeps nothing", SAMPLE(), async (library) => {
    await library.finds("keeper", ["The Keeper's Daughter"]);
    await library.replaceCatalogue();
    library.add([{ title: "Of The Other" }]);
    await library.open();
    await library.finds("other", ["Of The Other"]);
    await library.finds("keeper", []);
  }),
  withLibrary("it says truly how far it is", SAMPLE(), async (library) => {
    await library.counts(SAMPLE().length);
    assert.deepEqual(library.told.at(-1), library.index.progress);
    library.remove([1]);
    await library.counts(SAMPLE().length - 1);
    await library.finds("tide", []);
  }),
  withLibrary("no query makes it hang, fail or find too much", SAMPLE(), async (library) => {
    await library.ready();
    for (const text of hostileQueries(200)) {
      const query = parseQuery(text, { lenient: true });
      const what = `the query ${JSON.stringify(text.slice(0, 80))}`;
      const { hits } = await settledWithin(SEARCH_MS, what, library.index.search(query, 3, noAbort()));
      assert.ok(hits.length <= 3, what);
    }
    await library.finds("keeper", ["The Keeper's Daughter"]);
  }),
  withLibrary("hostile tags are taken, and keep nothing from being found", [], async (library) => {
    const texts = hostileQueries(50);
    library.add(
      texts.map((text, index) => ({ title: text, artists: [text], comment: text, path: `${index} ${text}` })),
    );
    library.add(SAMPLE());
    await library.finds("keeper", ["The Keeper's Daughter"]);
    await library.counts(texts.length + SAMPLE().length);
  }),
  withLibrary("an aborted signal is heard", SAMPLE(), async (library) => {
    const reason = new Error("never mind");
    const search = async () => library.index.search(parseQuery("x"), 1, AbortSignal.abort(reason));
    await assert.rejects(search, (error) => error === reason);
    await library.finds("keeper", ["The Keeper's Daughter"]);
  }),
];

function withLibrary(
  name: string,
  tracks: readonly SampleTrack[],
  run: (library: SearchLibrary) => Promise<void>,
): SearchCase {
  return {
    name,
    async run({ engine, patienceMs }) {
      const library = new SearchLibrary(engine, patienceMs);
      try {
        library.add(tracks);
        await run(await library.open());
      } finally {
        await library.close();
      }
    },
  };
}

function SAMPLE(): SampleTrack[] {
  const salt = { artists: ["Marrow & Finch"], albumArtists: ["Marrow & Finch"], album: "Salt Lanterns" };
  const winter = { artists: ["Ilse Varga Trio"], album: "Winter Rooms" };
  return [
    { title: "Tide Table", ...salt, year: 1973, label: "Northlight" },
    {
      title: "Harbour Lights",
      ...salt,
      year: 1980,
      comment: "a scratchy copy",
      lyrics: "the gulls\nare out",
    },
    { title: "The Keeper's Daughter", ...salt, year: 1984 },
    { title: "Thaw", ...winter, year: 1999, genres: ["Chamber Jazz"] },
    { title: "Two Chairs", ...winter, year: 2004, composers: ["A. Varga-Holm"] },
    { title: "灯", artists: ["霧の灯台"], album: "夜の海" },
    { title: "Lux Æterna", artists: ["Choir"], album: "Mass", path: "loose/one.flac" },
  ];
}

function ACCENTS(): SampleTrack[] {
  const titles = [
    "Caf\u00e9 Noir",
    "Cafe\u0301 Blanc",
    "Lux Æterna",
    "Straße",
    "Søren",
    "Don\u2019t",
    "L'Amour",
    "AC/DC",
    "!!!",
  ];
  return titles.map((title) => ({ title, artists: ["A"], album: "B" }));
}
