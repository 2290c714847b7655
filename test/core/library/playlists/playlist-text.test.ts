import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePlaylist, placesOfEntry } from "../../../../core/library/playlists/playlist-text.js";

const TEXT = "#EXTM3U\n#EXTINF:1,Ö\nMötley/Ö.mp3\n";

test("UTF-8, UTF-16 and Latin-1 are read, with any ends of lines, with and without a mark", () => {
  const encodings: Record<string, Buffer> = {
    utf8: Buffer.from(TEXT),
    mark: Buffer.from(`\ufeff${TEXT}`),
    latin1: Buffer.from(TEXT, "latin1"),
    utf16: Buffer.from(`\ufeff${TEXT}`, "utf16le"),
    crlf: Buffer.from(TEXT.replaceAll("\n", "\r\n")),
    cr: Buffer.from(TEXT.replaceAll("\n", "\r")),
    open: Buffer.from(TEXT.trimEnd()),
  };
  for (const [name, bytes] of Object.entries(encodings)) {
    assert.deepEqual(
      parsePlaylist(bytes),
      [
        { text: "#EXTM3U", isEntry: false },
        { text: "#EXTINF:1,Ö", isEntry: false },
        { text: "Mötley/Ö.mp3", isEntry: true },
      ],
      name,
    );
  }
});

test("an entry is looked for where it may mean", () => {
  const cases: readonly [entry: string, folder: string, expected: string][] = [
    ["a.mp3", "", "a.mp3"],
    ["a.mp3", "x/y", "x/y/a.mp3"],
    ["../a.mp3", "x/y", "x/a.mp3"],
    ["./b/./a.mp3", "x", "x/b/a.mp3"],
    ["..\\b\\a.mp3", "x/y", "x/b/a.mp3"],
    ["/srv/music/x/a.mp3", "", "x/a.mp3"],
    ["file:///srv/music/x/a%20b.mp3", "", "x/a b.mp3"],
    ["C:\\Users\\me\\Music\\x\\a.mp3", "", "x/a.mp3"],
  ];
  for (const [entry, folder, expected] of cases) {
    const places = placesOfEntry(entry, folder, "/srv/music");
    assert.ok(places.includes(expected), `${entry}: ${places}`);
  }
  assert.equal(placesOfEntry("http://example.org/stream", "", undefined), "stream");
  assert.deepEqual(placesOfEntry("../../../etc/passwd", "x", undefined), []);
  assert.ok(placesOfEntry("Cafe\u0301.mp3", "", undefined).includes("Caf\u00e9.mp3"));
});

test("no playlist leads out of its origin, whatever is in it", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 500 }),
      fc.string({ unit: "binary", maxLength: 60 }),
      (bytes, folder) => {
        for (const { text, isEntry } of parsePlaylist(bytes)) {
          const places = isEntry ? placesOfEntry(text, folder, "/r") : [];
          if (places === "stream") continue;
          for (const place of places)
            assert.ok(!place.split("/").includes("..") && !place.startsWith("/"), place);
        }
      },
    ),
    { numRuns: 3000, seed: 13 },
  );
});
