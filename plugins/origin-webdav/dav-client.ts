import { OriginError, type OriginFile, type UnreadableFolder } from "musicfs";
import { decodePath, encodePath, type FolderContent, plainETag, type WebClient } from "musicfs/http";
import { type DavEntry, MultistatusParser, PROPFIND_BODY } from "./multistatus.js";

/** A file or a folder below the root. */
export type DavNode = { readonly path: string } & (
  | { readonly folder: true }
  | { readonly folder: false; readonly file: OriginFile | undefined; readonly checksums: string | undefined }
);

/** Longest answer about one folder, in bytes: some 100,000 files. */
const MAX_FOLDER_BYTES = 64 * 1024 * 1024;
/** Longest answer about everything, in bytes: it is not kept. */
const MAX_TREE_BYTES = 16 * 1024 * 1024 * 1024;
/** Files and folders in one folder at most. */
const MAX_ENTRIES = 250_000;

/** PROPFIND below a root, with what a server says of its files as an origin has it. */
export class DavClient {
  readonly #client: WebClient;
  /** Path of the root, encoded, with `/` at its end. */
  readonly #base: string;

  constructor(client: WebClient, url: string) {
    this.#client = client;
    this.#base = `${new URL(url).pathname.replace(/\/+$/u, "")}/`;
  }

  /** The path in the address of what lies at a path of the origin. */
  addressOf(path: string): string {
    return this.#base + encodePath(path);
  }

  /** One file or folder. @param body what is asked for. @throws OriginError `missing` when there is none. */
  async look(path: string, signal: AbortSignal, body = PROPFIND_BODY): Promise<DavNode> {
    const address = path === "" ? this.#base : this.addressOf(path);
    for await (const nodes of this.#propfind(
      address,
      "0",
      `looking at '${path}'`,
      MAX_FOLDER_BYTES,
      signal,
      body,
    )) {
      const found = nodes.find((node) => node.path === path);
      if (found) return found;
    }
    throw new OriginError(
      "wrong",
      `${this.#client.server}: looking at '${path}': it answers about something else`,
    );
  }

  /** What lies directly in a folder. */
  async readFolder(folder: string, signal: AbortSignal): Promise<FolderContent> {
    const [files, folders, unreadable]: [OriginFile[], string[], UnreadableFolder[]] = [[], [], []];
    const address = folder === "" ? this.#base : `${this.addressOf(folder)}/`;
    const what = `listing '${folder}'`;
    for await (const nodes of this.#propfind(address, "1", what, MAX_FOLDER_BYTES, signal)) {
      for (const node of nodes) {
        if (node.path === "" || parentOf(node.path) !== folder) continue;
        if (node.folder) folders.push(node.path);
        else if (node.file) files.push(node.file);
        else unreadable.push(withoutSize(node.path));
      }
      if (files.length + folders.length > MAX_ENTRIES) {
        throw new OriginError(
          "wrong",
          `${this.#client.server}: ${what}: it has more than ${MAX_ENTRIES} entries`,
        );
      }
    }
    return { files, folders, unreadable };
  }

  /** Everything below the root in one answer, as it arrives. */
  readTree(signal: AbortSignal): AsyncGenerator<DavNode[]> {
    return this.#propfind(this.#base, "infinity", "listing everything", MAX_TREE_BYTES, signal);
  }

  async *#propfind(
    path: string,
    depth: "0" | "1" | "infinity",
    what: string,
    maxBytes: number,
    signal: AbortSignal,
    body = PROPFIND_BODY,
  ): AsyncGenerator<DavNode[]> {
    const headers = {
      depth,
      "content-type": 'application/xml; charset="utf-8"',
      "accept-encoding": "identity",
    };
    const answer = await this.#client.send({ method: "PROPFIND", path, headers, body, what }, signal);
    try {
      const error = answer.failure();
      if (error) throw error;
      const place = (why: string): OriginError =>
        new OriginError("wrong", `${this.#client.server}: ${what}: ${why}`);
      if (answer.status !== 207)
        throw place(`it answers ${answer.status}: it is no WebDAV server, or no folder`);
      const parser = new MultistatusParser();
      const decoder = new TextDecoder();
      let bytes = 0;
      try {
        for await (const piece of answer.body) {
          bytes += piece.length;
          if (bytes > maxBytes) throw place(`its answer is longer than ${maxBytes} bytes`);
          yield this.#nodes(parser.write(decoder.decode(piece, { stream: true })));
        }
        yield this.#nodes(parser.write(decoder.decode()));
        parser.end();
      } catch (error) {
        throw error instanceof OriginError && !error.message.startsWith("http")
          ? place(error.message)
          : error;
      }
    } finally {
      answer.close();
    }
  }

  #nodes(entries: readonly DavEntry[]): DavNode[] {
    return entries.flatMap((entry) => {
      const path = this.#pathOf(entry.href);
      return path === undefined ? [] : [nodeOf(path, entry)];
    });
  }

  // Of an address only the path counts: a server behind a proxy knows itself by another name.
  #pathOf(href: string): string | undefined {
    const encoded = href.startsWith("/") ? href : /^https?:\/\/[^/]*(\/.*)$/iu.exec(href)?.[1];
    return encoded === undefined ? undefined : decodePath(encoded, this.#base);
  }
}

/** A file whose size is not told can be shown nowhere, but is not gone. */
export function withoutSize(path: string): UnreadableFolder {
  return { path, reason: "the server does not tell its size" };
}

function nodeOf(path: string, { isFolder, sizeBytes, modifiedMs = 0, etag, checksums }: DavEntry): DavNode {
  if (isFolder) return { path, folder: true };
  if (sizeBytes === undefined) return { path, folder: false, file: undefined, checksums };
  const version = etag === undefined ? {} : { version: plainETag(etag) };
  return { path, folder: false, file: { path, sizeBytes, mtimeMs: modifiedMs, ...version }, checksums };
}

/** The folder that something lies in; `""` is the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
