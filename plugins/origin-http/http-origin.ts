import { type Origin, OriginError, type OriginSettings } from "musicfs";
import { crawl, FileReader, inBatches, isOriginPath, type WebClient } from "musicfs/http";
import { WebFolder } from "./web-folder.js";

export interface HttpOriginOptions {
  readonly id: string;
  readonly url: string;
  /** Path of the manifest below the root; absent where folders have indexes. */
  readonly manifest: string | undefined;
  readonly settings: OriginSettings;
}

/** Folders that are listed at once. */
const PARALLEL_FOLDERS = 4;

/** Reads files of a web server. Nothing is asked of it before the first call. */
export function openHttpOrigin(
  client: WebClient,
  { id, url, manifest, settings }: HttpOriginOptions,
): Origin {
  const { concurrency, pollInterval } = settings;
  const root = new WebFolder(client, url, manifest, concurrency);
  const stat: Origin["stat"] = async (path, signal) => {
    signal.throwIfAborted();
    return isOriginPath(path) && path !== manifest ? root.look(path, signal) : undefined;
  };
  const reader = new FileReader(client, { stat });

  return {
    id,
    settings,
    pollIntervalMs: pollInterval,

    async *list(signal, paths = [""]) {
      signal.throwIfAborted();
      if (manifest !== undefined) {
        for await (const files of root.readManifest(signal)) yield* inBatches(files);
        return;
      }
      const folders: string[] = paths.includes("") ? [""] : [];
      for (const path of folders.length > 0 ? [] : paths.filter(isOriginPath)) {
        const file = await root.look(path, signal);
        if (file) yield* inBatches([file]);
        else folders.push(path);
      }
      const read = root.readFolder.bind(root);
      yield* crawl({ folders, read, parallel: Math.min(PARALLEL_FOLDERS, concurrency) }, signal);
    },

    stat,

    async read(file, offsetBytes, lengthBytes, signal, target) {
      if (!isOriginPath(file.path))
        throw new OriginError("missing", `'${file.path}' is no path of this origin`);
      const request = { path: root.addressOf(file.path), what: `reading '${file.path}'` };
      return reader.read(request, file, offsetBytes, lengthBytes, signal, target);
    },

    probe: (signal) => root.probe(signal),
    close: () => client.close(),
  };
}
