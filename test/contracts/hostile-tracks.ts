import type { Track } from "../../core/model/track.js";
import type { Random } from "./random.js";

const TEXTS: readonly string[] = [
  "",
  " ",
  ".",
  "..",
  "...",
  "/",
  "//",
  "../../../etc/passwd",
  "AC/DC",
  "C:\\con\\aux",
  ".hidden",
  "trailing dots...",
  " blanks around ",
  "-rf",
  "one\ntwo\r\nthree\ttabs",
  "nul\u0000bell\u0007\u001b[31mred",
  "over\u202eride",
  "\u200b\ufeff\u2060",
  "lone \ud83c surrogate \udfb6",
  "Cafe\u0301",
  "Caf\u00e9",
  "👨‍👩‍👧‍👦".repeat(30),
  "e\u0301\u0302\u0303".repeat(100),
  `a${"\u0301".repeat(400)}`,
  "夜".repeat(90),
  "x".repeat(10_000),
  "İıẞßſ",
  "مرحبا بالعالم",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a layout's template could take for a variable
  "$title ${album} $$ $& $1 `id` $(id)",
  "%2e%2e%2f %s %n {0} {{x}}",
  "__proto__",
  "constructor",
  "toString",
  "undefined",
  "null",
  "NaN",
  "1e400",
  "'; DROP TABLE tracks; --",
  "Various Artists",
  "The Beatles",
  "Salt Lanterns (2019)",
];
const NUMBERS: readonly number[] = [0, 1, 2, 9, 10, 99, 100, 1_000_000, Number.MAX_SAFE_INTEGER];
const YEARS: readonly number[] = [1, 33, 999, 1969, 1973, 2024, 9999];
const EXTENSIONS: readonly string[] = ["flac", "mp3", "m4a", "ogg", "opus", "wav"];

/** A frozen track with any of its tags hostile, missing or ordinary. */
export function hostileTrack(random: Random): Track {
  const text = (): string => (random.oneIn(3) ? randomText(random) : random.pick(TEXTS));
  const texts = (): readonly string[] => Object.freeze(Array.from({ length: random.below(4) }, () => text()));
  const maybe = <K extends string, V>(key: K, make: () => V): { readonly [P in K]?: V } =>
    random.oneIn(2) ? ({ [key]: make() } as { readonly [P in K]: V }) : {};
  const artists = texts();
  const extension = random.oneIn(10) ? text() : random.pick(EXTENSIONS);
  return Object.freeze({
    originId: text(),
    path: originPath(random),
    sizeBytes: random.pick(NUMBERS),
    extension,
    tagged: random.below(4) > 0,
    title: text(),
    artist: artists.join(", "),
    artists,
    albumArtist: text(),
    album: text(),
    ...maybe("trackNumber", () => random.pick(NUMBERS)),
    ...maybe("trackTotal", () => random.pick(NUMBERS)),
    ...maybe("discNumber", () => random.pick(NUMBERS)),
    ...maybe("discTotal", () => random.pick(NUMBERS)),
    ...maybe("year", () => random.pick(YEARS)),
    ...maybe("originalDate", text),
    genres: texts(),
    composers: texts(),
    ...maybe("label", text),
    compilation: random.oneIn(4),
    audio: Object.freeze({
      format: extension,
      ...maybe("codec", text),
      ...maybe("bitrateBps", () => 320_000),
    }),
  });
}

/** A frozen track as most libraries have them, with every tag there. */
export function ordinaryTrack(random: Random): Track {
  const extension = random.pick(EXTENSIONS);
  const artist = random.pick(["Marrow & Finch", "霧の灯台", "The Quiet Turbines"]);
  const number = 1 + random.below(20);
  return Object.freeze({
    originId: "music",
    path: `${artist}/Album/${number}.${extension}`,
    sizeBytes: 30_000_000,
    extension,
    tagged: true,
    title: random.pick(["Tide Table", "Harbour Lights", "波の音", "Clock In"]),
    artist,
    artists: Object.freeze([artist]),
    albumArtist: artist,
    album: random.pick(["Salt Lanterns", "夜の海", "Night Shift"]),
    trackNumber: number,
    trackTotal: 20,
    discNumber: 1,
    discTotal: 1,
    year: 1960 + random.below(60),
    originalDate: "1973-03-01",
    genres: Object.freeze(["Folk", "Ambient"]),
    composers: Object.freeze(["Ilse Varga"]),
    label: "Harbour Records",
    compilation: false,
    audio: Object.freeze({ format: extension, codec: extension, durationMs: 180_000 }),
  });
}

// Paths of origins are well formed: segments that are neither empty nor made of dots, without a `/`.
function originPath(random: Random): string {
  const segments = Array.from({ length: 1 + random.below(6) }, () => {
    const name = random.pick(TEXTS).replaceAll("/", "_");
    return /^\.{0,2}$/.test(name) ? "_" : name;
  });
  return `${segments.join("/")}.${random.pick(EXTENSIONS)}`;
}

// Any code units, so lone surrogates, too.
function randomText(random: Random): string {
  const limit = random.pick([0x7f, 0xff, 0xffff]);
  const units = Array.from({ length: random.below(40) }, () => random.below(limit + 1));
  return String.fromCharCode(...units);
}
