import { readFileSync } from "node:fs";

/** Device numbers of the MusicFS mounts of this machine, as `stat` gives them. */
export function musicfsDevices(): Set<number> {
  try {
    const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    const devices = lines
      .filter((line) => line.includes(" - fuse.musicfs "))
      .map((line) => line.split(" ")[2] ?? "");
    return new Set(devices.map(deviceNumber));
  } catch {
    return new Set();
  }
}

// `major:minor` as Linux packs them (`gnu_dev_makedev`), for the small numbers that anonymous devices have.
function deviceNumber(text: string): number {
  const [major = 0, minor = 0] = text.split(":").map(Number);
  return major * 256 + (minor % 256) + Math.floor(minor / 256) * 2 ** 20;
}
