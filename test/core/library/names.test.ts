import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foldName, safeName, splitExtension } from "../../../core/library/names.js";

const SUFFIX = " [0123abcd]";

test("names that need nothing stay as they are", () => {
  for (const name of ["01 - Title.flac", "AC-DC", "a", "Mötley Crüe", "そばかす.mp3", "What's Going On?"]) {
    assert.equal(safeName(name), name);
  }
});

test("what a path cannot hold is replaced", () => {
  const cases: [string, string][] = [
    ["AC/DC", "AC_DC"],
    ["", "_"],
    ["   ", "_"],
    [".", "_"],
    ["..", "_."],
    ["../../etc/passwd", "_._.._etc_passwd"],
    [".38 Special", "_38 Special"],
    ["one\ntwo\tthree", "one two three"],
    ["one\t\u0000\ttwo", "one two"],
    ["nul\u0000bell\u0007", "nulbell"],
    ["abc\u202Efed", "abcfed"],
    ["\uFEFFbom\u200B", "bom"],
    ["lone\uD800surrogate", "lone\uFFFDsurrogate"],
    ["raw\uF7FFbyte", "raw_byte"],
    ["e\u0301", "é"],
    [" padded ", "padded"],
  ];
  for (const [text, name] of cases) assert.equal(safeName(text), name, JSON.stringify(text));
});

test("a long name keeps its extension, its start and its suffix, and is cut between graphemes", () => {
  const family = "👨‍👩‍👧‍👦";
  const name = safeName(`01 - ${family.repeat(40)}.flac`, SUFFIX);
  assert.ok(Buffer.byteLength(name) <= 255);
  assert.ok(name.startsWith("01 - ") && name.endsWith(`${SUFFIX}.flac`));
  const middle = name.slice("01 - ".length, -`${SUFFIX}.flac`.length);
  assert.equal(middle, family.repeat(middle.length / family.length));
});

test("one grapheme longer than a name is cut between code points", () => {
  const name = safeName(`a${"\u0301".repeat(500)}.mp3`);
  assert.ok(Buffer.byteLength(name) <= 255 && name.endsWith(".mp3") && name.startsWith("á"));
});

test("any text gives a name that a POSIX filesystem takes", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.stringMatching(/^[./\u0000-\u001f\u202e -]{0,20}$/),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 })
      .map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(text, fc.constantFrom("", SUFFIX), (input, suffix) => {
      const name = safeName(input, suffix);
      assert.ok(name.length > 0 && name !== "." && name !== "..");
      assert.ok(!/[/\u0000-\u001f\u007f]/.test(name), JSON.stringify(name));
      assert.ok(Buffer.byteLength(name) <= 255);
      assert.ok(name.isWellFormed() && name === name.normalize("NFC"));
      assert.ok(!name.startsWith("."));
      assert.ok(name.includes(suffix));
      assert.equal(safeName(name), name, "a safe name is its own safe name");
    }),
    { numRuns: 20_000 },
  );
});

test("portable names are taken by Windows, too", () => {
  const cases: [string, string][] = [
    ["What's Going On?", "What's Going On_"],
    ['<a>:"b"|c*\\d', "_a___b__c__d"],
    ["CON", "_CON"],
    ["com1.flac", "_com1.flac"],
    ["Conference", "Conference"],
    ["R.E.M.", "R.E.M_"],
    ["trailing...", "trailing_"],
    ["...", "__"],
  ];
  for (const [text, name] of cases) assert.equal(safeName(text, "", "portable"), name, text);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 400 }),
        fc.stringMatching(/^(con|NUL|com1|lpt9|a)[. ?:*\\"|<>]{0,9}(flac)?$/),
      ),
      fc.constantFrom("", SUFFIX),
      (input, suffix) => {
        const name = safeName(input, suffix, "portable");
        assert.ok(!/[<>:"|?*\\/\u0000-\u001f]/.test(name), JSON.stringify(name));
        assert.ok(
          !/[. ]$/.test(name) && !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name),
          JSON.stringify(name),
        );
        assert.ok(name.length > 0 && Buffer.byteLength(name) <= 255);
        assert.equal(safeName(name, "", "portable"), name);
      },
    ),
    { numRuns: 20_000, seed: 17 },
  );
});

test("names that a system takes for one fold to one", () => {
  for (const [a, b] of [
    ["ABBA", "Abba"],
    ["ÖL", "öl"],
    ["Straße", "STRASSE"],
    ["Cafe\u0301", "CAFÉ"],
  ] as const) {
    assert.equal(foldName(a), foldName(b));
  }
  assert.notEqual(foldName("a"), foldName("b"));
});

test("an extension is what follows the last dot, if that can be one", () => {
  assert.deepEqual(splitExtension("a.b.flac"), { stem: "a.b", extension: ".flac" });
  assert.deepEqual(splitExtension(".flac"), { stem: ".flac", extension: "" });
  assert.deepEqual(splitExtension("Dr. No"), { stem: "Dr. No", extension: "" });
  assert.deepEqual(splitExtension("ends."), { stem: "ends.", extension: "" });
});
