import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { documentWords, foldText } from "../../../core/search/fold.js";

const cases: readonly (readonly [text: string, words: string])[] = [
  ["Lux Æterna", "lux aeterna"],
  ["LUX ÆTERNA", "lux aeterna"],
  ["Straße STRASSE straẞe", "strasse strasse strasse"],
  ["Søren Łukasz Þór Đorđe", "soren lukasz thor dorde"],
  ["caf\u00e9 cafe\u0301", "cafe cafe"],
  ["İstanbul ıstanbul", "istanbul istanbul"],
  ["ﬁne ＦＵＬＬ ½", "fine full 1 2 12"],
  ["Ἀθῆναι ΟΔΟΣ", "αθηναι οδοσ"],
  ["Ёлка йод", "елка иод"],
  ["שָׁלוֹם", "שלום"],
  ["مُحَمَّد", "محمد"],
  ["Don\u2019t Stop", "dont stop don"],
  ["L'Amour Toujours", "lamour toujours amour"],
  ["rock 'n' roll", "rock n roll"],
  ["AC/DC R.E.M. Jay-Z", "ac dc r e m jay z acdc rem jayz"],
  ["P!nk", "p nk pnk"],
  ["!!!", "！！！"],
  ["÷ (Deluxe)", "÷ deluxe"],
  ["夜の海", "夜の の海 海"],
  ["カタカナ", "カタ タカ カナ ナ"],
  ["が か", "が か"],
  ["한국 노래", "한국 노래"],
  ["ABC夜", "abc 夜"],
  ["01 - Tide_Table.flac", "01 tide table flac tidetableflac"],
  ["- ?", "－"],
  ["", ""],
  [" \t\n ", ""],
];

for (const [text, words] of cases) {
  test(`the words of ${JSON.stringify(text)}`, () => assert.equal(documentWords(text), words));
}

test("of a path nothing is written as one word", () => {
  assert.equal(documentWords("A/B c.flac", true), "a b c flac");
});

test("any text gives words without ASCII signs, none of them long, and in whichever form it is composed", () => {
  const anything = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.string({ unit: "binary", maxLength: 200 }),
  );
  fc.assert(
    fc.property(anything, (text) => {
      const words = documentWords(text);
      for (const word of words === "" ? [] : words.split(" ")) {
        assert.match(word, /^[a-z0-9\u0080-\u{10ffff}]+$/u);
        assert.ok(word.length <= 64, word);
      }
      assert.equal(documentWords(text.normalize("NFC")), documentWords(text.normalize("NFD")));
      assert.equal(foldText(foldText(text)), foldText(text));
    }),
    { numRuns: 2000 },
  );
});

test("a long text takes time in proportion to its length", () => {
  for (const piece of ["a", "a'", "-", "海", "é", "a\u0301", "' '", "a/"])
    documentWords(piece.repeat(100_000));
});
