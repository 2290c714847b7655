import { spawnSync } from "node:child_process";

/** Why tests that need ffmpeg are skipped, for the `skip` option of a test; `false` where it is there. */
export const SKIP_WITHOUT_FFMPEG: string | false =
  spawnSync("ffmpeg", ["-version"]).error || spawnSync("ffprobe", ["-version"]).error
    ? "ffmpeg is not installed (apt-get install ffmpeg)"
    : false;

/** Decodes all audio of a file and returns what ffmpeg complained about; `""` for a clean file. */
export function decodeAudio(path: string): string {
  const args = ["-nostdin", "-v", "error", "-i", `file:${path}`, "-map", "0:a", "-f", "null", "-"];
  const { status, stderr } = spawnSync("ffmpeg", args, { encoding: "utf8" });
  return status === 0 ? stderr : `exit code ${status}: ${stderr}`;
}

/** The number of samples that decode, at the file's own rate, and that rate. */
export function measureAudio(path: string): { samples: number; sampleRateHz: number } {
  const args = [
    "-v",
    "error",
    "-select_streams",
    "a",
    "-show_entries",
    "stream=sample_rate",
    "-of",
    "csv=p=0",
    `file:${path}`,
  ];
  const sampleRateHz = Number.parseInt(spawnSync("ffprobe", args, { encoding: "utf8" }).stdout, 10);
  const decode = ["-nostdin", "-v", "error", "-i", `file:${path}`, "-map", "0:a", "-f", "s16le", "-"];
  return { samples: spawnSync("ffmpeg", decode, { maxBuffer: 1 << 26 }).stdout.length / 2, sampleRateHz };
}
