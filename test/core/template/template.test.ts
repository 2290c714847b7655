// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of layouts
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Track } from "../../../core/model/track.js";
import { asciify } from "../../../core/template/asciify.js";
import { FUNCTION_NAMES } from "../../../core/template/functions.js";
import { parseTemplate } from "../../../core/template/parse.js";
import { renderTemplate } from "../../../core/template/render.js";
import { TemplateError } from "../../../core/template/template.js";
import { VARIABLE_NAMES } from "../../../core/template/variables.js";
import { hostileTrack, ordinaryTrack } from "../../contracts/hostile-tracks.js";
import { createRandom } from "../../contracts/random.js";

const FULL: Track = {
  ...ordinaryTrack(createRandom(1)),
  title: "Tide Table",
  artist: "Marrow, Finch",
  artists: ["Marrow", "Finch"],
  albumArtist: "The Quiet Turbines",
  album: "Salt Lanterns",
  trackNumber: 1,
  trackTotal: 12,
  discNumber: 2,
  discTotal: 2,
  discs: 2,
  year: 2019,
  originalDate: "1973-03-01",
  genres: ["Folk", "Ambient"],
  composers: ["Ilse Varga", "Oda Lind"],
  label: "Harbour Records",
  extension: "flac",
  audio: { format: "flac", codec: "FLAC", bitsPerSample: 24, sampleRateHz: 96_000 },
};
const { year: _y, trackNumber: _t, discNumber: _d, discTotal: _dt, discs: _ds, label: _l, ...bare } = FULL;
const BARE: Track = { ...bare, artist: "", artists: [], albumArtist: "", genres: [], composers: [] };

function render(template: string, track: Track = FULL): string {
  return renderTemplate(parseTemplate(template), track).join(" / ");
}

describe("what a template gives", () => {
  const cases: readonly [template: string, track: Track, path: string][] = [
    ["$artist", FULL, "Marrow, Finch"],
    ["{artist}s", FULL, "Marrow, Finchs"],
    ["${artist}s", FULL, "Marrow, Finchs"],
    [
      "$albumartist/$album ($year)/$track - $title.$format",
      FULL,
      "The Quiet Turbines / Salt Lanterns (2019) / 01 - Tide Table.flac",
    ],
    ["$tracks $discs $originaldate $codec $bitdepth $samplerate", FULL, "12 2 1973-03-01 FLAC 24 96000"],
    [
      "$genre|$genres|$composer|$label|$format_upper",
      FULL,
      "Folk|Folk, Ambient|Ilse Varga, Oda Lind|Harbour Records|FLAC",
    ],
    ['${albumartist|artist|"Unknown Artist"}', FULL, "The Quiet Turbines"],
    ['${albumartist|artist|"Unknown Artist"}', { ...BARE, artist: "Oda" }, "Oda"],
    ['{albumartist|artist|"Unknown Artist"}', BARE, "Unknown Artist"],
    ["{label|year}", BARE, ""],
    ['{label|"say \\"no\\" \\| \\\\"}', BARE, 'say "no" | \\'],
    ["$album[ ($label)]", FULL, "Salt Lanterns (Harbour Records)"],
    ["$album[ ($label)]", BARE, "Salt Lanterns"],
    ["$album[ - $label[ in $year]]", { ...BARE, label: "HR" }, "Salt Lanterns - HR"],
    ["$album[ - $label[ in $year]]", FULL, "Salt Lanterns - Harbour Records in 2019"],
    ["$album/[Disc $disc/][$track - ]$title", FULL, "Salt Lanterns / Disc 2 / 01 - Tide Table"],
    ["$album/[Disc $disc/][$track - ]$title", BARE, "Salt Lanterns / Tide Table"],
    ["$album[/Disc $disc]/$title", BARE, "Salt Lanterns / Tide Table"],
    ["$album/[$label]/$title", BARE, "Salt Lanterns / Tide Table"],
    ["$label/$title", BARE, " / Tide Table"],
    ["[$disc-]$track", { ...FULL, discNumber: 1, discs: 1, discTotal: 1 }, "01"],
    ["[$disc-]$track", { ...FULL, discNumber: 1, discs: 3 }, "1-01"],
    ["%first{$artist}", FULL, "Marrow"],
    ["%first{$composer}, %first{{label|artist}}", BARE, ", "],
    ["%upper{%first{$artist}}", FULL, "MARROW"],
    ["%lower{$title}", FULL, "tide table"],
    ["%sort{$albumartist}", FULL, "Quiet Turbines, The"],
    ["%sort{$albumartist, der die das}", { ...FULL, albumArtist: "Die Ärzte" }, "Ärzte, Die"],
    ["%sort{$albumartist}", { ...FULL, albumArtist: "The" }, "The"],
    ["%pad{$track,3}", FULL, "001"],
    ["%pad{$disc}", FULL, "02"],
    ["%asciify{$title}", { ...FULL, title: "Smørgåsbord – Straße" }, "Smorgasbord - Strasse"],
    ["%upper{$title by $artist}", FULL, "TIDE TABLE BY MARROW, FINCH"],
    ["%upper{$title[ ($label)]}", BARE, "TIDE TABLE"],
    ["[%first{$genre} / ]$title", BARE, "Tide Table"],
    ["$$5 100% %% \\[x\\] \\{y\\} \\(z\\) \\$a", FULL, "$5 100% % [x] {y} (z) $a"],
    ["$title (live)", FULL, "Tide Table (live)"],
    ["$title", { ...FULL, title: "$artist [$year] %upper{x} {album}" }, "$artist [$year] %upper{x} {album}"],
    ["$title/x", { ...FULL, title: "a/b" }, "a/b / x"],
    ["$track - $title", BARE, "Tide Table"],
  ];
  for (const [template, track, path] of cases) {
    test(`${template} → ${path}`, () => assert.equal(render(template, track), path));
  }
});

describe("what is wrong with a template, and where", () => {
  const cases: readonly [template: string, message: RegExp, at: number][] = [
    ["$titel", /no variable '\$titel'; did you mean 'title'\?; there are \$artist /, 0],
    ["x {Title}", /no variable '\$Title'; did you mean 'title'/, 2],
    ["$", /no variable '\$'/, 0],
    ["{artist|nobody}", /no variable '\$nobody'/, 8],
    ["{artist", /the brace is not closed/, 0],
    ["x${artist|}", /no variable '\$'/, 10],
    ['{artist|"x}', /quotation mark is not closed/, 8],
    ['{artist|"a/b"}', /can't stand in a fallback/, 10],
    ["$album[ ($year)", /bracket is not closed/, 6],
    ["[live] $title", /no variable in the brackets.*\\\[/, 0],
    ["$title ($year", /parenthesis is not closed/, 7],
    ["$title]", /nothing that this \] closes/, 6],
    ["%frist{$artist}", /no function '%frist'; did you mean 'first'/, 0],
    ["%first{$artist", /brace of %first is not closed/, 0],
    ["%first{x}", /no variable in %first/, 0],
    ["%pad{$track,many}", /%pad takes a length from 1 to 20/, 12],
    ["%upper{$title,x}", /%upper takes nothing behind a comma/, 14],
    ["%upper{$title/x}", /a function makes no folder/, 13],
    ["$artist//$title", /name is empty/, 8],
    ["/$title", /name is empty/, 0],
    ["$artist/", /name is empty/, 8],
    ["", /name is empty/, 0],
    ["a\\b", /a backslash stands before/, 1],
    ["a\nb", /control character/, 1],
    ["x".repeat(3000), /more than 2000 characters/, 0],
    ["[".repeat(50) + "$title" + "]".repeat(50), /deeper than 20 levels/, 20],
  ];
  for (const [template, message, at] of cases) {
    test(`${JSON.stringify(template.slice(0, 40))} at ${at}`, () => {
      assert.throws(
        () => parseTemplate(template),
        (error: unknown) => {
          assert.ok(error instanceof TemplateError);
          assert.match(error.message, message);
          assert.equal(error.at, at);
          const [, shown = "", caret = ""] = error.message.split("\n");
          assert.equal(caret.trimStart(), "^");
          assert.ok(shown.startsWith("  "));
          return true;
        },
      );
    });
  }

  test("the caret stands under the place also behind wide characters", () => {
    assert.throws(() => parseTemplate("夜の海 $nope"), /\n {2}夜の海 \$nope\n {9}\^$/);
  });
});

// Templates made of everything that means something, in any order.
const PIECES = [
  ...'$%{}[]()|,"\\/ -._',
  ...VARIABLE_NAMES.flatMap((name) => [`$${name}`, `{${name}}`, `{${name}|"x"}`]),
  ...FUNCTION_NAMES.map((name) => `%${name}{$title}`),
  "[$disc/]",
  "[ ($label)]",
  "text",
  "é夜🎶",
];

test("any text is a template or has an error with a place in it; none hangs or throws otherwise", () => {
  const texts = fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join("")),
    fc.string({ unit: "binary", maxLength: 200 }),
  );
  const track = FULL;
  fc.assert(
    fc.property(texts, (text) => {
      try {
        assert.ok(renderTemplate(parseTemplate(text), track).length > 0);
      } catch (error) {
        assert.ok(error instanceof TemplateError, String(error));
        assert.ok(error.at >= 0 && error.at <= text.length);
      }
    }),
    { numRuns: 20_000, seed: 7 },
  );
});

test("a value never becomes a part of the template: names stay as many, whatever the tags hold", () => {
  const random = createRandom(8);
  const template = parseTemplate(
    '{albumartist|artist|"?"}/[$label/]%sort{%first{$artist}} [$album]/%pad{$track} %asciify{$title}.$format',
  );
  for (let round = 0; round < 5000; round++) {
    const track = hostileTrack(random);
    const path = renderTemplate(template, track);
    assert.equal(path.length, (track.label ?? "").trim() === "" ? 3 : 4, JSON.stringify(track));
    assert.deepEqual(renderTemplate(template, track), path);
  }
});

test("what is made ASCII is ASCII, or stays as it is where nothing comes near", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const plain = asciify(text);
      assert.ok(plain === text || /^[\x20-\x7e]*$/.test(plain), JSON.stringify(plain));
    }),
    { numRuns: 5000, seed: 9 },
  );
  for (const [text, plain] of [
    ["Björk Guðmundsdóttir", "Bjork Gudmundsdottir"],
    ["Чайковский", "Chaikovskii"],
    ["Μίκης Θεοδωράκης", "Mikis Theodorakis"],
    ["ＡＢＣ № 5", "ABC No 5"],
    ["霧の灯台", "霧の灯台"],
    ["Ørsted “live” …", 'Orsted "live" ...'],
  ] as const) {
    assert.equal(asciify(text), plain);
  }
});
