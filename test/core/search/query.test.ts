import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isMusicfsError } from "../../../core/errors.js";
import { SEARCH_LIMITS, type SearchQuery } from "../../../core/model/search-engine.js";
import { parseField, parseQuery } from "../../../core/search/query.js";

describe("a query is read as", () => {
  const readings: readonly (readonly [text: string, reading: string])[] = [
    ["metal", "metal"],
    ["Metal MILITIA", "(metal & militia)"],
    ["a AND b && c", "(a & b & c)"],
    ["a b OR c d", "((a & b) | (c & d))"],
    ["a || b", "(a | b)"],
    ["a -b NOT c", "(a & !b & !c)"],
    ["-b", "(* & !b)"],
    ["NOT NOT b", "b"],
    ["a OR -b", "(a | (* & !b))"],
    ["(a OR b) c", "((a | b) & c)"],
    ["+a +b", "(a & b)"],
    ["*", "*"],
    ["metal*", "metal…"],
    ["metalica~1", "metalica~1"],
    ["metalica~", "metalica~2"],
    ["thaw~", "thaw~1"],
    ["thaw~0", "thaw"],
    ['"Tide Table"', '"tide table"'],
    ['"tide tab"*', '"tide tab…"'],
    ['"tide"', "tide"],
    ["artist:Bach", "artist:bach"],
    ["albumArtist:bach", "albumartist:bach"],
    ["album_artist: bach", "albumartist:bach"],
    ["artist:(a OR b) c", "((artist:a | artist:b) & c)"],
    ["artist:a*", "artist:a…"],
    ['label:"blue note"', 'label:"blue note"'],
    ["year:1984", "[1984-1984]"],
    ["1984", "(1984 | [1984-1984])"],
    ["title:1984", "title:1984"],
    ["year:[1980 TO 1989]", "[1980-1989]"],
    ["year:[* TO 1989]", "[0-1989]"],
    ["year:1980..1989", "[1980-1989]"],
    ["year:1980..", "[1980-9999]"],
    ["year:..1989", "[0-1989]"],
    ["year:198*", "[1980-1989]"],
    ["year:>=1980", "[1980-9999]"],
    ["year>1980 year<1990", "([1981-9999] & [0-1989])"],
    ["year:(1980 OR 1990)", "([1980-1980] | [1990-1990])"],
    ["AC/DC", '("ac dc" | acdc)'],
    ["don't", "dont"],
    ["Mission: Impossible", "(mission & impossible)"],
    ["12:51", '("12 51" | 1251)'],
    ["夜の海", '"夜の の海"'],
    ["夜の", "夜の"],
    ["夜", "夜…"],
    ["!!!", "！！！"],
    ["and or not", "(and & or & not)"],
    ["Marrow & Finch - Tide", "(marrow & finch & tide)"],
    ["artist:!!! heart", "(artist:！！！ & heart)"],
    ['"!!!"', "！！！"],
  ];
  for (const [text, reading] of readings) {
    test(`${text} is ${reading}`, () => assert.equal(show(parseQuery(text)), reading));
  }
});

describe("what is wrong is told, with the place", () => {
  const problems: readonly (readonly [text: string, at: number, message: RegExp])[] = [
    ["", 0, /nothing to search for/],
    ["foo AND", 4, /AND has nothing after it/],
    ["OR foo", 0, /OR has nothing before it/],
    ["foo NOT", 4, /NOT has nothing after it/],
    ["a (b OR c", 2, /parenthesis is not closed/],
    ["a) b", 1, /nothing is open/],
    ["()", 0, /nothing in the parentheses/],
    ['a "b c', 2, /quotation mark is not closed/],
    ["artits:bach", 0, /no field 'artits'; did you mean 'artist'/],
    ["x artist:", 2, /names a field, and nothing/],
    ["year:abc", 5, /expected years/],
    ["year:[1990 TO 1980]", 5, /expected years/],
    ["year:1..2..3", 5, /expected years/],
    ["me*al", 2, /at the end of a word/],
    ["love~7", 4, /1 or 2 letters/],
    [`${"(".repeat(17)}a${")".repeat(17)}`, 16, /16 deep/],
    ["a ".repeat(40), 64, /32 words/],
    [`${"a".repeat(1024)}b`, 1024, /1024 characters/],
  ];
  for (const [text, at, message] of problems) {
    test(JSON.stringify(text.slice(0, 40)), () => {
      const error = thrownBy(() => parseQuery(text));
      assert.ok(isMusicfsError(error) && error.code === "MFS_QUERY_INVALID", String(error));
      const [what = "", shown = "", caret = ""] = error.message.split("\n");
      assert.match(what, message);
      // The caret stands below the character that is at fault.
      assert.equal(shown.slice(caret.indexOf("^")).slice(0, 5), `${text}`.slice(at, at + 5));
      assert.doesNotThrow(() => parseQuery(text, { lenient: true }));
    });
  }

  test("control characters of a query are not shown", () => {
    const error = thrownBy(() => parseQuery("\u001b[2J\u202e foo AND"));
    assert.doesNotMatch((error as Error).message, /[\u001b\u202e]/u);
  });
});

describe("a lenient reading", () => {
  const readings: readonly (readonly [text: string, reading: string])[] = [
    ["", "∅"],
    ["foo AND", "foo"],
    ["OR foo", "foo"],
    ["artist:bach (", "artist:bach"],
    ["artits:bach", "(artits & bach)"],
    ["a) b", "(a & b)"],
    ['artist:"b c', 'artist:"b c"'],
    ["year:abc", "abc"],
    ["me*al love~9", '(("me al" | meal) & love~2)'],
    ["(((((((((((((((((((deep", "deep"],
    ["artist:", "∅"],
    [". ..", "(． & ．．)"],
  ];
  for (const [text, reading] of readings) {
    test(`of ${JSON.stringify(text)} is ${reading}`, () => {
      assert.equal(show(parseQuery(text, { lenient: true })), reading);
    });
  }

  test("of anything at all ends, and stays within the limits", () => {
    const syntax = fc
      .array(
        fc.constantFrom(
          ...`"()[]*~:-+<>=. ab1海`,
          " AND ",
          " OR ",
          " NOT ",
          "year:",
          "artist:",
          "1980",
          "\ud800",
        ),
        {
          maxLength: 400,
        },
      )
      .map((pieces) => pieces.join(""));
    const anything = fc.oneof(syntax, fc.string({ unit: "binary", maxLength: 2000 }));
    fc.assert(
      fc.property(anything, (text) => {
        const query = parseQuery(text, { lenient: true });
        assert.ok(termsOf(query) <= SEARCH_LIMITS.terms, `${termsOf(query)} terms`);
        assert.ok(depthOf(query) <= 3 * SEARCH_LIMITS.depth + 4, `${depthOf(query)} deep`);
        const strict = thrownBy(() => parseQuery(text));
        assert.ok(strict === undefined || isMusicfsError(strict), String(strict));
        if (strict === undefined) assert.deepEqual(parseQuery(text), query);
      }),
      { numRuns: 3000 },
    );
  });
});

test("words without a field may be kept to one", () => {
  assert.equal(show(parseQuery("a album:b 1984", { fields: ["title"] })), "(title:a & album:b & title:1984)");
  assert.equal(show(parseQuery("a", { fields: ["title", "album"] })), "(title:a | album:a)");
  assert.equal(parseField("AlbumArtist"), "albumartist");
  assert.throws(() => parseField("titel"), /no field 'titel'; did you mean 'title'/);
  assert.throws(() => parseField("year"), /no field/);
});

function show(query: SearchQuery): string {
  switch (query.kind) {
    case "everything":
      return "*";
    case "nothing":
      return "∅";
    case "years":
      return `[${query.from}-${query.to}]`;
    case "any":
      return `(${query.of.map(show).join(" | ")})`;
    case "all":
      return `(${[...query.of.map(show), ...query.except.map((part) => `!${show(part)}`)].join(" & ")})`;
    default: {
      const field = query.field === undefined ? "" : `${query.field}:`;
      if (query.kind === "phrase") return `${field}"${query.words.join(" ")}${query.prefix ? "…" : ""}"`;
      const ending = query.kind === "prefix" ? "…" : query.kind === "fuzzy" ? `~${query.distance}` : "";
      return field + query.word + ending;
    }
  }
}

function partsOf(query: SearchQuery): readonly SearchQuery[] {
  if (query.kind === "any") return query.of;
  return query.kind === "all" ? [...query.of, ...query.except] : [];
}

function termsOf(query: SearchQuery): number {
  if (query.kind === "phrase") return query.words.length;
  const own = ["word", "prefix", "fuzzy"].includes(query.kind) ? 1 : 0;
  return partsOf(query).reduce((sum, part) => sum + termsOf(part), own);
}

function depthOf(query: SearchQuery): number {
  return 1 + Math.max(0, ...partsOf(query).map(depthOf));
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
