import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ChildTask, SeenEntry } from "./mount-fixture.js";

// Runs in a process of its own: one that touches a mount which it serves itself can wait for itself.
const task = JSON.parse(process.argv[2] ?? "") as ChildTask;
process.stdout.write(JSON.stringify(perform()));

function perform(): unknown {
  if (task.do === "walk") return walk(task.folder, "");
  if (task.do === "stat") return codeOf(() => lstatSync(join(task.folder, task.file)));
  if (task.do === "hold") return hold(join(task.folder, task.file), task.holdMs);
  if (task.do === "read") return readFileSync(join(task.folder, task.file)).toString("base64");
  return writeErrors(task.folder, task.file);
}

function walk(root: string, folder: string): SeenEntry[] {
  return readdirSync(join(root, folder)).flatMap((name): SeenEntry[] => {
    const path = folder === "" ? name : `${folder}/${name}`;
    const found = lstatSync(join(root, path));
    if (found.isDirectory()) return [{ path, kind: "directory" }, ...walk(root, path)];
    if (found.isSymbolicLink()) {
      return [{ path, kind: "link", sizeBytes: found.size, target: readlinkSync(join(root, path)) }];
    }
    const base64 = readFileSync(join(root, path)).toString("base64");
    return [{ path, kind: "file", sizeBytes: found.size, base64 }];
  });
}

function hold(path: string, holdMs: number): number {
  const fd = openSync(path, "r");
  readSync(fd, Buffer.alloc(1));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, holdMs);
  closeSync(fd);
  return process.pid;
}

function writeErrors(root: string, file: string): Record<string, string> {
  const path = join(root, file);
  const attempts: Record<string, () => void> = {
    create: () => writeFileSync(join(root, "new.mp3"), "x"),
    write: () => writeFileSync(path, "x", { flag: "r+" }),
    append: () => writeFileSync(path, "x", { flag: "a" }),
    truncate: () => truncateSync(path, 0),
    mkdir: () => mkdirSync(join(root, "new")),
    unlink: () => unlinkSync(path),
    rename: () => renameSync(path, `${path}.new`),
  };
  return Object.fromEntries(Object.entries(attempts).map(([name, attempt]) => [name, codeOf(attempt)]));
}

function codeOf(attempt: () => void): string {
  try {
    attempt();
    return "no error";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
