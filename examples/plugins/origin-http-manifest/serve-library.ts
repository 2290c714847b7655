import { createReadStream, type Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { isPath, type ManifestLine } from "./manifest.js";

const RANGE = /^bytes=(\d{1,15})-(\d{1,15})$/;

/**
 * Serves a folder to `originHttpManifest`, on this machine only: its files, with ETag and ranges, and
 * `manifest.jsonl`. Links are not followed; names that are not UTF-8 are left out.
 */
export function createLibraryServer(root: string): Server {
  return createServer((request, response) => {
    answer(root, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.destroy();
    });
  });
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(request);
  if (path === "manifest.jsonl") return sendManifest(root, request, response);
  const found = path === undefined ? undefined : await fileAt(join(root, path));
  if (path === undefined || !found) {
    response.writeHead(404).end();
    return;
  }
  await sendFile(join(root, path), found, request, response);
}

async function sendManifest(
  root: string,
  { method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!(await stat(root).catch(() => undefined))?.isDirectory()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": "application/jsonl" });
  if (method === "HEAD") response.end();
  else await pipeline(manifestOf(root), response);
}

async function* manifestOf(root: string): AsyncGenerator<string> {
  let files = 0;
  const line = (value: ManifestLine): string => `${JSON.stringify(value)}\n`;
  for await (const path of pathsBelow(root, "")) {
    const found = await fileAt(join(root, path));
    if (!found) continue;
    files++;
    yield line({ path, size: found.size, mtime: wholeSeconds(found), etag: etagOf(found) });
  }
  yield line({ end: true, files });
}

async function* pathsBelow(root: string, folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* pathsBelow(root, path);
    else if (entry.isFile() && isPath(path)) yield path;
  }
}

async function sendFile(
  location: string,
  found: Stats,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const etag = etagOf(found);
  const wanted = headers["if-match"];
  if (wanted !== undefined && wanted !== "*" && wanted !== etag) {
    response.writeHead(412).end();
    return;
  }
  const [, first, last] = RANGE.exec(headers.range ?? "") ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(Number(last ?? found.size - 1), found.size - 1);
  response.setHeader("etag", etag);
  response.setHeader("last-modified", new Date(wholeSeconds(found)).toUTCString());
  response.setHeader("content-length", Math.max(0, end - start + 1));
  if (first !== undefined) response.setHeader("content-range", `bytes ${start}-${end}/${found.size}`);
  response.writeHead(first === undefined ? 200 : start > end ? 416 : 206);
  if (method === "HEAD" || start > end) response.end();
  else await pipeline(createReadStream(location, { start, end }), response);
}

// What cannot be decoded, or leads out of the folder, is no path.
function pathOf({ url = "/" }: IncomingMessage): string | undefined {
  try {
    const segments = new URL(url, "http://server").pathname.slice(1).split("/").map(decodeURIComponent);
    const isSafe = segments.every((segment) => !segment.includes("/") && !segment.includes("\0"));
    const path = segments.join("/");
    return isSafe && isPath(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

async function fileAt(location: string): Promise<Stats | undefined> {
  const found = await stat(location).catch(() => undefined);
  return found?.isFile() ? found : undefined;
}

function etagOf({ size, mtimeMs, ino }: Stats): string {
  return `"${ino}-${size}-${mtimeMs}"`;
}

// What `last-modified` can tell.
function wholeSeconds({ mtimeMs }: Stats): number {
  return Math.floor(mtimeMs / 1000) * 1000;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , folder = "examples/library", port = "8417"] = process.argv;
  const server = createLibraryServer(resolve(folder));
  server.listen(Number(port), "127.0.0.1", () => {
    const address = server.address() as AddressInfo;
    console.log(`serving ${resolve(folder)} at http://127.0.0.1:${address.port}/`);
  });
}
