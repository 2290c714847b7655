import assert from "node:assert/strict";
import { test } from "node:test";
import { readTags, type TagReading } from "#core/library/tags/read-tags.js";
import { formatFrame, formatId3Header, textBody } from "../../../support/audio-id3.js";
import {
  AUDIO_FORMATS,
  type AudioTags,
  writeAudio,
  writeFlac,
  writeMp3,
  writeWav,
} from "../../../support/audio-writer.js";

const TAGS: AudioTags = {
  title: "Hunter",
  artists: ["Björk", "Mark Bell"],
  albumArtists: ["Björk"],
  album: "Homogenic",
  trackNumber: 1,
  trackTotal: 10,
  discNumber: 1,
  discTotal: 2,
  year: 1997,
  genres: ["Electronic", "Art Pop"],
  composers: ["Björk"],
  comment: "Remastered",
  compilation: true,
};
// What RIFF INFO has no field for.
const WAV_LACKS = ["discNumber", "discTotal", "trackTotal", "compilation"];

function readBytes(bytes: Uint8Array, name = "a.bin"): Promise<TagReading> {
  return readTags({
    name,
    sizeBytes: bytes.length,
    readAt: (from, length) => bytes.subarray(from, from + length),
  });
}

for (const format of AUDIO_FORMATS) {
  test(`${format}: tags, format and duration`, async () => {
    const { tags, audio, problem } = await readBytes(writeAudio(format, TAGS, { durationMs: 2000 }));
    assert.equal(problem, undefined);
    assert.equal(audio.format, format);
    // Formats with frames round up to a whole one, of 26 ms at most, and MP3's and M4A's decoder delay.
    assert.ok(Math.abs((audio.durationMs ?? 0) - 2000) <= 80, `${audio.durationMs} ms`);
    assert.ok(audio.sampleRateHz && audio.channels && audio.codec);
    assert.equal(audio.lossless === true, ["flac", "wav"].includes(format));
    const read = { ...tags } as Record<string, unknown>;
    for (const [key, value] of Object.entries(TAGS)) {
      if (format !== "wav" || !WAV_LACKS.includes(key)) assert.deepEqual(read[key], value, key);
    }
  });

  test(`${format}: bytes that come later read the same`, async () => {
    const bytes = writeAudio(format, TAGS, { durationMs: 2000 });
    const later = await readTags({
      name: "a",
      sizeBytes: bytes.length,
      readAt: async (from, length) => bytes.subarray(from, from + length),
    });
    assert.deepEqual(later, await readBytes(bytes));
  });

  test(`${format}: a file without tags has none, and no problem`, async () => {
    const { tags, problem } = await readBytes(writeAudio(format, {}));
    assert.equal(problem, undefined);
    assert.deepEqual(tags, { artists: [], albumArtists: [], genres: [], composers: [], compilation: false });
  });
}

test("a FLAC is a FLAC under any name, also behind an ID3v2 tag", async () => {
  const flac = writeFlac(TAGS);
  const tag = formatFrame("TIT2", textBody("From ID3"));
  const tagged = Buffer.concat([formatId3Header(tag.length), tag, flac]);
  for (const bytes of [flac, tagged]) {
    const { tags, audio } = await readBytes(bytes, "hunter.mp3");
    assert.equal(audio.format, "flac");
    assert.equal(tags.title, "Hunter");
  }
});

test("an audiobook stays an M4B, which its content can't tell", async () => {
  assert.equal((await readBytes(writeAudio("m4a", TAGS), "book.M4B")).audio.format, "m4b");
  assert.equal((await readBytes(writeAudio("m4a", TAGS), "song.mp3")).audio.format, "m4a");
});

// Ogg has its picture among the comments; of the others the parser takes it in.
for (const format of ["flac", "mp3", "m4a"] as const) {
  test(`${format}: a picture of 8 MiB is skipped, not read`, async () => {
    const cover = { mimeType: "image/jpeg", data: Buffer.alloc(8 << 20, 0xd8) } as const;
    const bytes = writeAudio(format, TAGS, { cover });
    let bytesRead = 0;
    const { tags, problem } = await readTags({
      name: "a",
      sizeBytes: bytes.length,
      readAt: (from, length) => {
        bytesRead += length;
        return bytes.subarray(from, from + length);
      },
    });
    assert.equal(problem, undefined);
    assert.equal(tags.title, "Hunter");
    assert.ok(bytesRead <= 512 * 1024, `${bytesRead} bytes read`);
  });
}

test("AC/DC is one artist in ID3v2.3, whose separator is the slash; a list of artists beside it counts", async () => {
  const credit = oldFrame("TPE1", "AC/DC");
  assert.deepEqual((await readBytes(oldMp3(credit))).tags.artists, ["AC/DC"]);
  const listed = oldFrame("TXXX", "ARTISTS\0AC/DC");
  assert.deepEqual((await readBytes(oldMp3(credit, listed))).tags.artists, ["AC/DC"]);
  const duet = [oldFrame("TPE1", "Simon & Garfunkel"), oldFrame("TXXX", "ARTISTS\0Simon/Garfunkel")];
  assert.deepEqual((await readBytes(oldMp3(...duet))).tags.artists, ["Simon", "Garfunkel"]);
});

function oldFrame(id: string, text: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(text.length + 1);
  return Buffer.concat([Buffer.from(id), size, Buffer.alloc(3), Buffer.from(text, "latin1")]);
}

function oldMp3(...frames: Buffer[]): Buffer {
  const body = Buffer.concat(frames);
  const header = formatId3Header(body.length);
  header[3] = 3;
  return Buffer.concat([header, body, writeMp3({})]);
}

test("a frame that claims more than its tag has gives no text, and what is before it stays", async () => {
  const title = formatFrame("TIT2", textBody("Kept"));
  const liar = formatFrame("TALB", textBody("A".repeat(50)), Buffer.of(0x7f, 0x7f, 0x7f, 0x7f));
  const { tags, audio, problem } = await readBytes(
    Buffer.concat([formatId3Header(title.length + liar.length), title, liar, writeMp3({})]),
  );
  assert.equal(tags.title, "Kept");
  assert.equal(tags.album, undefined);
  assert.equal(audio.format, "mp3");
  assert.equal(problem?.code, "malformed");
});

test("texts are trimmed and bounded, lists have no value twice and 64 at most, numbers are numbers", async () => {
  const artists = ["Same", "Same", ...Array.from({ length: 100 }, (_, index) => `Artist ${index}`)];
  const { tags } = await readBytes(
    writeFlac({ title: `  ${"x".repeat(5000)} `, album: "A\0B", artists, trackNumber: 123456, year: 0 }),
  );
  assert.equal(tags.title?.length, 1000);
  assert.equal(tags.album, "AB");
  assert.equal(tags.artists.length, 64);
  assert.equal(tags.artists.filter((artist) => artist === "Same").length, 1);
  assert.equal(tags.trackNumber, undefined);
  assert.equal(tags.year, undefined);
});

test("a file that is cut off keeps its format, and the tags in front of the cut", async () => {
  const m4a = writeAudio("m4a", TAGS, { durationMs: 3000 });
  const { tags, audio, problem } = await readBytes(m4a.subarray(0, m4a.length - 200));
  assert.equal(problem?.code, "malformed");
  assert.equal(audio.format, "m4a");
  assert.equal(tags.title, "Hunter");
});

test("a WAV that is cut off is as long as what is left of it", async () => {
  const wav = writeWav({}, { durationMs: 4000 });
  const { audio } = await readBytes(wav.subarray(0, wav.length / 2));
  assert.ok(Math.abs((audio.durationMs ?? 0) - 2000) < 20, `${audio.durationMs} ms`);
});

test("what is no audio is a problem, whatever its name", async () => {
  const problemOf = async (bytes: Uint8Array, name: string) => (await readBytes(bytes, name)).problem?.code;
  assert.equal(await problemOf(Buffer.alloc(0), "a.ogg"), "empty");
  assert.equal(await problemOf(Buffer.from("<html>".repeat(500)), "a.mp3"), "unrecognised");
  assert.equal(await problemOf(Buffer.alloc(100_000), "a.opus"), "unrecognised");
  assert.equal(
    await problemOf(Buffer.concat([Buffer.from("TTA1"), Buffer.alloc(100)]), "a.mp3"),
    "unsupported",
  );
});

test("a source that fails or gives too little is unreadable, and its words can't steer a terminal", async () => {
  const failing = await readTags({
    name: "a.mp3",
    sizeBytes: 1000,
    readAt: () => {
      throw Object.assign(new Error(`EIO: \u001b[2J${"x".repeat(500)}`), { code: "EIO" });
    },
  });
  assert.equal(failing.problem?.code, "unreadable");
  assert.ok(failing.problem.detail.startsWith("EIO: \\u{1b}[2J"));
  assert.ok(failing.problem.detail.length <= 200);
  const short = await readTags({ name: "a.mp3", sizeBytes: 1000, readAt: async () => new Uint8Array(10) });
  assert.equal(short.problem?.code, "unreadable");
});

test("a file that sends its reader on and on is given up, at 32 MiB", async () => {
  const tag = formatFrame("TIT2", textBody("Endless"));
  const head = Buffer.concat([formatId3Header(tag.length), tag]);
  const { tags, problem } = await readTags({
    name: "a.mp3",
    sizeBytes: 2 ** 40,
    readAt: (from, length, into) => {
      const bytes = into.subarray(0, length).fill(0);
      if (from === 0) bytes.set(head);
      return bytes;
    },
  });
  assert.equal(problem?.code, "malformed");
  assert.equal(tags.title, "Endless");
});
