import { ErrnoError, MusicfsError, type Origin, type OriginFile } from "musicfs";
import { isPath, parseManifest } from "./manifest.js";

export interface HttpOriginOptions {
  readonly id: string;
  /** Ends in `/`. */
  readonly base: URL;
  readonly timeoutMs: number;
}

const MANIFEST = "manifest.jsonl";

/** Reads files of a web server. It has no `local`: every byte that is not cached is fetched by `read`. */
export function openHttpOrigin({ id, base, timeoutMs }: HttpOriginOptions): Origin {
  const request = (path: string, init: RequestInit, signal: AbortSignal): Promise<Response> =>
    ask(urlOf(base, path), init, timeoutMs, signal);

  return {
    id,

    async *list(signal) {
      signal.throwIfAborted();
      const response = await request(MANIFEST, {}, signal);
      if (!response.ok || !response.body) throw unavailable(response);
      for await (const files of parseManifest(response.body.pipeThrough(new TextDecoderStream()))) {
        signal.throwIfAborted();
        yield { files, unreadable: [] };
      }
    },

    async stat(path, signal) {
      signal.throwIfAborted();
      if (!isPath(path)) return undefined;
      const response = await request(path, { method: "HEAD" }, signal);
      if (response.ok) return fileOf(path, response);
      if (response.status !== 404) throw unavailable(response);
      // A server that lost its whole folder cannot say of any file that it is gone.
      const manifest = await request(MANIFEST, { method: "HEAD" }, signal);
      if (!manifest.ok) throw unavailable(manifest);
      return undefined;
    },

    async read(file, offsetBytes, lengthBytes, signal) {
      signal.throwIfAborted();
      if (!isPath(file.path)) throw new ErrnoError("ENOENT", `'${file.path}' is no path of this origin`);
      const end = Math.min(file.sizeBytes, offsetBytes + lengthBytes);
      if (end <= offsetBytes) return new Uint8Array(0);
      const headers = { range: `bytes=${offsetBytes}-${end - 1}`, "if-match": file.version ?? "*" };
      const response = await request(file.path, { headers }, signal);
      return bytesOf(response, file, end - offsetBytes);
    },
  };
}

function urlOf(base: URL, path: string): URL {
  return new URL(path.split("/").map(encodeURIComponent).join("/"), base);
}

// The time counts until the answer begins; whoever reads the body can abort it.
async function ask(url: URL, init: RequestInit, timeoutMs: number, signal: AbortSignal): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  try {
    return await fetch(url, {
      ...init,
      headers: { "accept-encoding": "identity", ...init.headers },
      signal: AbortSignal.any([signal, controller.signal]),
    });
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new MusicfsError("MFS_ORIGIN_UNAVAILABLE", `cannot reach ${url}: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

async function bytesOf(response: Response, file: OriginFile, lengthBytes: number): Promise<Uint8Array> {
  if (response.status !== 206) {
    // Else the connection would wait for somebody to read what came.
    await response.body?.cancel();
    if (response.status === 412 || response.status === 404) {
      throw new ErrnoError("ESTALE", `'${file.path}' has changed since it was listed`);
    }
    throw unavailable(response);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length === lengthBytes) return bytes;
  throw new ErrnoError("EIO", `the server gave ${bytes.length} of ${lengthBytes} bytes of '${file.path}'`);
}

function fileOf(path: string, { headers }: Response): OriginFile {
  return {
    path,
    sizeBytes: Number(headers.get("content-length")),
    mtimeMs: Date.parse(headers.get("last-modified") ?? ""),
    version: headers.get("etag") ?? "",
  };
}

function unavailable({ status, url }: Response): MusicfsError {
  return new MusicfsError("MFS_ORIGIN_UNAVAILABLE", `the server answers ${status} for ${url}`);
}

// `fetch` says nothing but "fetch failed"; its cause says why.
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
