import { AUDIO_FORMATS, type Cover, writeAudio } from "./audio-writer.js";
import type { HostileCase } from "./hostile-files.js";

/** Texts that must never become a name as they are. */
export const HOSTILE_TEXTS: readonly {
  readonly label: string;
  readonly why: string;
  readonly text: string;
}[] = [
  { label: "parent", why: "'..' alone", text: ".." },
  { label: "dot", why: "'.' alone", text: "." },
  { label: "traversal", why: "a way out of the mount", text: "../../../etc/passwd" },
  { label: "absolute", why: "an absolute path", text: "/etc/passwd" },
  { label: "slashes", why: "nothing but slashes", text: "///" },
  { label: "slash", why: "a slash inside, as in many band names", text: "Over/Under" },
  { label: "backslash", why: "backslashes, and a drive", text: "C:\\Windows\\System32" },
  { label: "nul", why: "a NUL inside", text: "before\0after" },
  { label: "newline", why: "a newline and a carriage return", text: "one\ntwo\r\nthree" },
  {
    label: "escape",
    why: "codes that would move a terminal's cursor and ring its bell",
    text: "\x1b[2J\x1b]0;owned\x07red\x1b[31m",
  },
  {
    label: "bidi",
    why: "a right-to-left override that hides the extension",
    text: "song\u202Egpj.exe\u202C",
  },
  {
    label: "zero-width",
    why: "zero-width spaces and a byte order mark",
    text: "\uFEFFzero\u200Bwidth\u2060",
  },
  { label: "spaces", why: "nothing but spaces", text: "   " },
  { label: "empty", why: "present, but empty", text: "" },
  { label: "trailing", why: "a trailing dot and a space, which Windows drops", text: "The End. " },
  { label: "dash", why: "a leading dash, which looks like an option", text: "-rf --no-preserve-root" },
  { label: "hidden", why: "a leading dot, which hides it", text: ".hidden" },
  { label: "shell", why: "what a shell would run", text: "$(reboot) `reboot` ; reboot & 'x' \"y\" *" },
  { label: "template", why: "what a path template would replace", text: `$artist \${album} %s {title}` },
  { label: "device", why: "a name that Windows keeps for a device", text: "CON" },
  { label: "proto", why: "a key that JavaScript objects have already", text: "__proto__" },
  { label: "nfc", why: "an accent in one character: the twin of the next", text: "Caf\u00e9" },
  { label: "nfd", why: "the same name with a combining accent", text: "Cafe\u0301" },
  { label: "zalgo", why: "one letter with 200 combining marks", text: `e${"\u0301".repeat(200)}` },
  { label: "family", why: "emoji of many code points: 40 families", text: "👨‍👩‍👧‍👦".repeat(40) },
  { label: "cjk", why: "300 characters of three bytes", text: "夜".repeat(300) },
  { label: "long", why: "a title of 64 KiB", text: "Long ".repeat(13_108) },
  { label: "noncharacter", why: "characters that are none", text: "a\uFFFEb\uFFFFc" },
];

/** A PNG that claims 30,000 x 30,000 pixels, and holds none of them. */
const HUGE_PICTURE: Cover = {
  mimeType: "image/png",
  data: Buffer.from(
    "89504e470d0a1a0a0000000d49484452000075300000753008060000000000000049454e44ae426082",
    "hex",
  ),
};

/** Good files with hostile tags. The formats take the texts in turn. */
export const HOSTILE_TAGS: readonly HostileCase[] = [
  ...HOSTILE_TEXTS.map(({ label, why, text }, index) => {
    const format = AUDIO_FORMATS[index % AUDIO_FORMATS.length] ?? "flac";
    const tags = { title: text, artists: [text], albumArtists: [text], album: text, genres: [text] };
    return {
      path: `tags/${label}.${format}`,
      why: `title, artist, album and genre: ${why}`,
      bytes: () => writeAudio(format, tags, { seed: index }),
    };
  }),
  ...AUDIO_FORMATS.map((format) => ({
    path: `tags/numbers.${format}`,
    why: "track 65535, disc 65535, year 99999",
    bytes: () =>
      writeAudio(format, { title: "Numbers", trackNumber: 65_535, discNumber: 65_535, year: 99_999 }),
  })),
  ...AUDIO_FORMATS.map((format) => ({
    path: `tags/huge-picture.${format}`,
    why: "a cover that claims 30,000 x 30,000 pixels",
    bytes: () => writeAudio(format, { title: "Huge picture" }, { cover: HUGE_PICTURE }),
  })),
  {
    path: "tags/1000-artists.flac",
    why: "1,000 artists",
    bytes: () =>
      writeAudio("flac", {
        title: "Crowd",
        artists: Array.from({ length: 1000 }, (_, index) => `Artist ${index}`),
      }),
  },
];
