import { type OriginFile, z } from "musicfs";

/** Longest line of a manifest, in characters. */
const MAX_LINE = 65_536;
const BATCH = 512;

const fileLine = z.object({
  path: z.string().max(4096).refine(isPath, { message: "is no path below the root" }),
  size: z.int().min(0),
  mtime: z.number(),
  etag: z.string().min(1).max(1000),
});
const endLine = z.object({ end: z.literal(true), files: z.int().min(0) });

/** A line of a manifest: a file, or the last line, with the number of files before it. */
export type ManifestLine = z.infer<typeof fileLine> | z.infer<typeof endLine>;

/** Whether `path` is one that an origin may have: segments that are neither empty nor made of dots. */
export function isPath(path: string): boolean {
  return path.isWellFormed() && path.split("/").every((segment) => !/^\.{0,2}$/.test(segment));
}

/**
 * Parses a manifest while it arrives: one JSON object a line. What a server says is not trusted: a line that
 * is wrong or too long, or a manifest that breaks off, ends the listing with an error, so that no file is
 * taken for deleted.
 *
 * @throws Error that names the line.
 */
export async function* parseManifest(chunks: AsyncIterable<string>): AsyncGenerator<OriginFile[]> {
  let batch: OriginFile[] = [];
  let count = 0;
  for await (const line of linesOf(chunks)) {
    const parsed = parseLine(line, count + 1);
    if ("end" in parsed) {
      if (parsed.files !== count) throw new Error(`the manifest has ${count} files of ${parsed.files}`);
      if (batch.length > 0) yield batch;
      return;
    }
    count++;
    batch.push({ path: parsed.path, sizeBytes: parsed.size, mtimeMs: parsed.mtime, version: parsed.etag });
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  throw new Error(`the manifest broke off after ${count} files`);
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE)
      throw new Error(`the manifest has a line of more than ${MAX_LINE} characters`);
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function parseLine(line: string, number: number): ManifestLine {
  try {
    return z.union([fileLine, endLine]).parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`line ${number} of the manifest is wrong: ${line.slice(0, 200)}`, { cause });
  }
}
