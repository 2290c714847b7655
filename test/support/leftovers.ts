import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Mountpoints of this machine, in the order in which they were mounted; latin1. */
export function mountpoints(): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "latin1").trimEnd().split("\n");
  return lines.map((line) =>
    (line.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    ),
  );
}

/** `major:minor` and mount options of what is on top at `mountpoint`. */
export function mountedAt(
  mountpoint: string,
): { device: string; options: string[]; type: string } | undefined {
  const lines = readFileSync("/proc/self/mountinfo", "latin1").trimEnd().split("\n");
  const fields = lines.map((line) => line.split(" ")).findLast((line) => line[4] === mountpoint);
  if (!fields) return undefined;
  return {
    device: fields[2] ?? "",
    options: (fields[5] ?? "").split(","),
    type: fields[fields.indexOf("-") + 1] ?? "",
  };
}

/** Ids of the processes whose environment has `marker`; those that are dead but not waited for don't count. */
export function processesWith(marker: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => textOf(`/proc/${name}/environ`).split("\0").includes(marker))
    .map(Number);
}

/** What a stopped instance left behind below `folder`, in words; nothing when it cleaned up. */
export function leftoversIn(
  folder: string,
  marker: string,
  mountpointMustBeGone: string | undefined,
): string[] {
  const files = ["run", "cache", "state"].flatMap((name) => filesIn(join(folder, name)));
  return [
    ...processesWith(marker).map(
      (pid) => `process ${pid}: ${textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`,
    ),
    ...mountpoints()
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => `mount at ${path}`),
    ...files.filter((name) => /\.sock$|(^|\/)lock\.json$/.test(name)).map((name) => `file ${name}`),
    ...(mountpointMustBeGone !== undefined && existsSync(mountpointMustBeGone)
      ? [`the mountpoint that it had made, ${mountpointMustBeGone}`]
      : []),
  ];
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
