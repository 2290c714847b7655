import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Origin } from "musicfs";
import { type OriginSubject, type SampleFile, writeSampleTree } from "musicfs/testing";
import type { WebServer } from "./web-server.js";

let subjects = 0;

/** What a server cannot do. */
export interface ServerLimits {
  /** Files of the sample that it does not show. */
  readonly lacks?: (path: string) => boolean;
  /** It tells versions apart by whole seconds, and by nothing else. */
  readonly hasCoarseTimes?: boolean;
}

/**
 * A subject for the contract of an origin: a folder of its own below a server that serves a folder.
 *
 * @param open the origin of an address, which ends in `/`.
 */
export async function folderSubject(
  server: WebServer,
  open: (url: string) => Promise<Origin>,
  { lacks = () => false, hasCoarseTimes = false }: ServerLimits = {},
): Promise<OriginSubject> {
  subjects += 1;
  const name = `subject ${subjects}`;
  const root = join(server.root, name);
  const at = (folder: string): string => `${server.url}${encodeURIComponent(folder)}/`;
  let replaced = 0;
  const expected = writeSampleTree(root).filter(({ path }) => {
    if (lacks(path)) rmSync(join(root, path));
    return !lacks(path);
  });
  return {
    origin: await open(at(name)),
    expected,
    // As a client of such a server does it: another file takes the place.
    replace: async (path, bytes) => {
      writeFileSync(join(root, `${path}.new`), bytes);
      replaced += 1;
      const later = Date.now() / 1000 + 2 * replaced;
      if (hasCoarseTimes) utimesSync(join(root, `${path}.new`), later, later);
      renameSync(join(root, `${path}.new`), join(root, path));
    },
    remove: async (path) => rmSync(join(root, path)),
    openMissing: () => open(at("not there")),
    openWith: async (files) => {
      writeFiles(join(server.root, `${name} more`), files);
      return open(at(`${name} more`));
    },
    freeze: () => server.freeze(),
    close: () => {
      for (const folder of [root, `${root} more`]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeFiles(root: string, files: readonly SampleFile[]): void {
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  chmodSync(root, 0o755);
}
