import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTags } from "#core/library/tags/read-tags.js";
import { formatFrame, formatId3Header } from "../../../support/audio-id3.js";
import { writeMp3 } from "../../../support/audio-mp3.js";
import { SKIP_WITHOUT_FFMPEG } from "../../../support/audio-probe.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

interface Encoding {
  readonly name: string;
  readonly format: string;
  readonly arguments: readonly string[];
  /** What is not told by the content, or not read by the parser. */
  readonly lacks?: readonly ("title" | "durationMs")[];
  readonly problem?: string;
  /** ffprobe makes its duration up, of the rate of the first frames: what was encoded is compared instead. */
  readonly isGuessed?: boolean;
}

const SECONDS = 10;

const ENCODINGS: readonly Encoding[] = [
  { name: "vorbis.ogg", format: "ogg", arguments: ["-c:a", "libvorbis"] },
  { name: "opus.opus", format: "opus", arguments: ["-c:a", "libopus", "-b:a", "48k"] },
  { name: "flac.oga", format: "oga", arguments: ["-c:a", "flac"] },
  { name: "speex.spx", format: "spx", arguments: ["-c:a", "libspeex", "-ar", "16000", "-ac", "1"] },
  { name: "cbr.mp3", format: "mp3", arguments: ["-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "0"] },
  { name: "vbr.mp3", format: "mp3", arguments: ["-c:a", "libmp3lame", "-q:a", "4"] },
  { name: "layer2.mp2", format: "mp2", arguments: ["-c:a", "mp2"], lacks: ["title"] },
  { name: "adts.aac", format: "aac", arguments: ["-c:a", "aac"], lacks: ["title"], isGuessed: true },
  { name: "faststart.m4a", format: "m4a", arguments: ["-c:a", "aac", "-movflags", "+faststart"] },
  { name: "book.m4b", format: "m4a", arguments: ["-c:a", "aac", "-f", "ipod"] },
  { name: "alac.m4a", format: "m4a", arguments: ["-c:a", "alac"] },
  { name: "pcm.aiff", format: "aiff", arguments: ["-write_id3v2", "1"] },
  { name: "wavpack.wv", format: "wv", arguments: ["-c:a", "wavpack"] },
  { name: "matroska.mka", format: "mka", arguments: ["-c:a", "libopus"] },
  { name: "audio.webm", format: "webm", arguments: ["-c:a", "libopus"] },
  { name: "windows.wma", format: "wma", arguments: ["-c:a", "wmav2"] },
  { name: "true-audio.tta", format: "tta", arguments: ["-c:a", "tta"], problem: "unsupported" },
  { name: "dolby.ac3", format: "ac3", arguments: ["-c:a", "ac3"], problem: "unsupported" },
];

for (const encoding of ENCODINGS) {
  test(`${encoding.name} as an encoder writes it: format, title, and ffprobe's duration`, {
    skip: SKIP_WITHOUT_FFMPEG || missingEncoder(encoding),
  }, async (t) => {
    const path = encode(temporaryFolder(t), encoding);
    const bytes = readFileSync(path);
    const { tags, audio, problem } = await readTags({
      name: "wrong-name.xyz",
      sizeBytes: bytes.length,
      readAt: (from, length) => bytes.subarray(from, from + length),
    });
    assert.equal(audio.format, encoding.format);
    assert.equal(problem?.code, encoding.problem);
    if (problem) return;
    if (!encoding.lacks?.includes("title")) assert.equal(tags.title, "Sine");
    if (encoding.lacks?.includes("durationMs")) assert.equal(audio.durationMs, undefined);
    else assertNear(audio.durationMs, encoding.isGuessed ? SECONDS * 1000 : probedDurationMs(path));
  });
}

test("what ffmpeg tags a Matroska file with is all read", { skip: SKIP_WITHOUT_FFMPEG }, async (t) => {
  const metadata = {
    artist: "Nora Vale",
    album: "Harbour Lights",
    album_artist: "The Vales",
    composer: "Ida Moor",
    date: "2019-05-01",
    genre: "Folk",
    track: "3/12",
    disc: "2/3",
  };
  const options = Object.entries(metadata).flatMap(([key, text]) => ["-metadata", `${key}=${text}`]);
  for (const name of ["a.mka", "a.webm"]) {
    const arguments_ = ["-c:a", "libopus", ...options];
    const bytes = readFileSync(encode(temporaryFolder(t), { name, format: "", arguments: arguments_ }, 1));
    const readAt = (from: number, length: number) => bytes.subarray(from, from + length);
    const { tags } = await readTags({ name, sizeBytes: bytes.length, readAt });
    assert.deepEqual(
      tags,
      {
        title: "Sine",
        artists: ["Nora Vale"],
        albumArtists: ["The Vales"],
        album: "Harbour Lights",
        trackNumber: 3,
        trackTotal: 12,
        discNumber: 2,
        discTotal: 3,
        year: 2019,
        genres: ["Folk"],
        composers: ["Ida Moor"],
        compilation: false,
      },
      name,
    );
  }
});

test("an Ogg's length is found in its end, not by going through it", {
  skip: SKIP_WITHOUT_FFMPEG,
}, async (t) => {
  const path = encode(temporaryFolder(t), ENCODINGS[0] as Encoding, 100);
  const bytes = readFileSync(path);
  let bytesRead = 0;
  const readAt = (from: number, length: number) => {
    bytesRead += length;
    return bytes.subarray(from, from + length);
  };
  const { audio } = await readTags({ name: "a", sizeBytes: bytes.length, readAt });
  assertNear(audio.durationMs, probedDurationMs(path));
  assert.ok(bytesRead < bytes.length / 2, `${bytesRead} of ${bytes.length} bytes read`);
  const prefix = await readTags({ name: "a", sizeBytes: bytes.length >> 1, readAt });
  assertNear(prefix.audio.durationMs, probedDurationMs(path) / 2, 0.1);
});

for (const seconds of [2, 20, 60]) {
  test(`streams of ${seconds} s that are chained have no length that one page could tell`, {
    skip: SKIP_WITHOUT_FFMPEG,
  }, async (t) => {
    const folder = temporaryFolder(t);
    const links = [
      encode(folder, ENCODINGS[1] as Encoding, seconds),
      encode(folder, { ...(ENCODINGS[1] as Encoding), name: "2.opus" }, seconds),
    ];
    const bytes = Buffer.concat(links.map((path) => readFileSync(path)));
    const { tags, audio } = await readTags({
      name: "a",
      sizeBytes: bytes.length,
      readAt: (from, length) => bytes.subarray(from, from + length),
    });
    assert.equal(tags.title, "Sine");
    assert.equal(audio.durationMs, undefined);
  });
}

test("lyrics are read where they are wanted", { skip: SKIP_WITHOUT_FFMPEG }, async (t) => {
  const folder = temporaryFolder(t);
  const encoded = (name: string): Buffer =>
    readFileSync(
      encode(folder, { name, format: "", arguments: ["-metadata", "lyrics=The gulls are out"] }, 1),
    );
  // ffmpeg writes no such frame.
  const frame = formatFrame("USLT", Buffer.from("\x03eng\0The gulls are out", "latin1"));
  const files = {
    "a.flac": encoded("a.flac"),
    "a.m4a": encoded("a.m4a"),
    "a.mp3": Buffer.concat([formatId3Header(frame.length), frame, writeMp3({ title: "Sine" })]),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const readAt = (from: number, length: number) => bytes.subarray(from, from + length);
    const input = { name, sizeBytes: bytes.length, readAt };
    assert.equal((await readTags(input, undefined, true)).tags.lyrics, "The gulls are out", name);
    assert.equal((await readTags(input)).tags.lyrics, undefined, name);
  }
});

// The frames of an encoder, and its delay, which some formats don't tell.
function assertNear(durationMs: number | undefined, expectedMs: number, part = 0.01): void {
  const difference = Math.abs((durationMs ?? 0) - expectedMs);
  assert.ok(difference <= Math.max(60, expectedMs * part), `${durationMs} ms, expected: ${expectedMs} ms`);
}

function encode(folder: string, { name, arguments: options }: Encoding, seconds = SECONDS): string {
  const path = join(folder, name);
  // Noise, so that no encoder comes by with next to no bytes, and the same each time.
  const source = ["-f", "lavfi", "-i", `anoisesrc=d=${seconds}:c=pink:r=48000:a=0.3:seed=1`];
  const output = ["-metadata", "title=Sine", ...options, `file:${path}`];
  execFileSync("ffmpeg", ["-nostdin", "-v", "error", ...source, ...output]);
  return path;
}

function probedDurationMs(path: string): number {
  const entries = ["-show_entries", "format=duration", "-of", "csv=p=0", `file:${path}`];
  return Number.parseFloat(execFileSync("ffprobe", ["-v", "error", ...entries], { encoding: "utf8" })) * 1000;
}

function missingEncoder({ arguments: options }: Encoding): string | false {
  const encoder = options[options.indexOf("-c:a") + 1];
  if (!options.includes("-c:a") || !encoder) return false;
  const { stdout } = spawnSync("ffmpeg", ["-hide_banner", "-h", `encoder=${encoder}`], { encoding: "utf8" });
  return stdout?.startsWith("Encoder") ? false : `this ffmpeg has no encoder ${encoder}`;
}
