import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ENCODED_FORMATS, type EncodedFormat, encodeAudio } from "../support/audio-encoded.js";
import { SKIP_WITHOUT_FFMPEG } from "../support/audio-probe.js";
import { AUDIO_FORMATS, type AudioFormat, writeAudio } from "../support/audio-writer.js";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const CHANGE_MS = 20_000;

/** A real picture, as an encoder makes it. */
function encodePicture(folder: string, sizePixels: number, extension: "jpg" | "png"): Buffer {
  const path = join(folder, `picture-${sizePixels}.${extension}`);
  const source = `testsrc=size=${sizePixels}x${sizePixels}:rate=1`;
  execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", source, "-frames:v", "1", path]);
  return readFileSync(path);
}

function dimensionsOf(path: string): string {
  const entries = ["-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"];
  return execFileSync("ffprobe", ["-v", "error", ...entries, path], { encoding: "utf8" }).trim();
}

function isEncoded(format: AudioFormat | EncodedFormat): format is EncodedFormat {
  return (ENCODED_FORMATS as readonly string[]).includes(format);
}

for (const driver of DRIVERS) {
  test(`${driver}: each album has its cover, with its exact size before it is opened`, {
    skip: SKIP_WITHOUT_FFMPEG,
  }, async (t) => {
    const library = temporaryFolder(t);
    const work = temporaryFolder(t);
    const formats = [...AUDIO_FORMATS.filter((format) => format !== "wav"), ...ENCODED_FORMATS];
    const covers = new Map(formats.map((format, at) => [format, encodePicture(work, 100 + 150 * at, "jpg")]));
    for (const format of formats) {
      const tags = { title: "T", artists: ["A"], album: format, trackNumber: 1 };
      const data = covers.get(format) ?? Buffer.alloc(0);
      const bytes = isEncoded(format)
        ? encodeAudio(work, format, tags, [{ data }])
        : writeAudio(format, tags, { cover: { mimeType: "image/jpeg", data } });
      writeFileSync(join(library, `${format}.${format}`), bytes);
    }
    mkdirSync(join(library, "real"));
    const png = encodePicture(work, 64, "png");
    writeFileSync(join(library, "real", "Folder.png"), png);
    writeFileSync(
      join(library, "real", "a.flac"),
      writeAudio("flac", { title: "T", artists: ["A"], album: "Real" }),
    );
    writeFileSync(join(library, "real", "a.lrc"), "[00:01.00] words");

    await withMount({ driver, library }, async ({ mountpoint, instance }) => {
      for (const format of formats) {
        const path = join(mountpoint, "A", format, "cover.jpg");
        const cover = covers.get(format) ?? Buffer.alloc(0);
        assert.equal(statSync(path).size, cover.length, format);
        assert.ok(readFileSync(path).equals(cover), format);
        const side = 100 + 150 * formats.indexOf(format);
        assert.equal(dimensionsOf(path), `mjpeg,${side},${side}`);
      }
      assert.deepEqual(readdirSync(join(mountpoint, "A/Real")).sort(), [
        "Folder.png",
        "T.flac",
        "T.lrc",
        "cover.png",
      ]);
      assert.ok(readFileSync(join(mountpoint, "A/Real/cover.png")).equals(png));
      assert.equal(readFileSync(join(mountpoint, "A/Real/T.lrc"), "utf8"), "[00:01.00] words");

      // The cache may be emptied at any time.
      rmSync(join(instance.folder, "cache/musicfs/default/generated"), { recursive: true });
      const path = join(mountpoint, "A", "mp3", "cover.jpg");
      await until(
        "the cover is made again",
        async () => readFileSync(path).equals(covers.get("mp3") as Buffer),
        CHANGE_MS,
      );
    });
  });
}
