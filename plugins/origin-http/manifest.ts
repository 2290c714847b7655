import { OriginError, type OriginFile, z } from "musicfs";
import { isOriginPath, plainETag } from "musicfs/http";

const MAX_LINE = 65_536;
const BATCH = 512;

const fileLine = z.object({
  path: z.string().refine(isOriginPath, { message: "it is no path below the root" }),
  size: z.int().min(0),
  /** In milliseconds since 1970, or as a date (ISO 8601, or as HTTP has it). */
  mtime: z
    .union([
      z.number(),
      z
        .string()
        .max(100)
        .transform((text) => Date.parse(text)),
    ])
    .pipe(z.number().finite()),
  etag: z.string().min(1).max(1000).optional(),
});
const endLine = z.object({ end: z.literal(true), files: z.int().min(0) });

/**
 * Reads a manifest while it arrives: one JSON object a line for a file, and a last line `{"end":true,"files":…}` with their
 * number, so that none that breaks off is taken for a smaller library.
 *
 * @throws OriginError `wrong`, naming the line.
 */
export async function* parseManifest(body: AsyncIterable<Buffer>): AsyncGenerator<OriginFile[]> {
  let batch: OriginFile[] = [];
  let count = 0;
  for await (const line of linesOf(body)) {
    if (line.trim() === "") continue;
    const entry = parseLine(line, count + 1);
    if ("end" in entry) {
      if (entry.files !== count) throw wrong(`it has ${count} files of ${entry.files}`);
      if (batch.length > 0) yield batch;
      return;
    }
    count += 1;
    batch.push(entry);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  throw wrong(`it broke off after ${count} files: its last line, {"end":true,"files":…}, is not there`);
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE) throw wrong(`it has a line of more than ${MAX_LINE} characters`);
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function parseLine(line: string, number: number): OriginFile | z.infer<typeof endLine> {
  const end = endLine.safeParse(parsed(line));
  if (end.success) return end.data;
  const file = fileLine.safeParse(parsed(line));
  if (!file.success)
    throw wrong(`line ${number}: ${file.error.issues[0]?.message ?? "it is no JSON"}: ${line.slice(0, 100)}`);
  const { path, size, mtime, etag } = file.data;
  const version = etag === undefined ? {} : { version: plainETag(etag) };
  // HTTP tells whole seconds, and a file must look the same in a listing and by itself.
  return { path, sizeBytes: size, mtimeMs: Math.floor(mtime / 1000) * 1000, ...version };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function wrong(what: string): OriginError {
  return new OriginError("wrong", `its manifest cannot be used: ${what}`);
}
