import { MusicfsError, messageOf } from "../errors.js";
import type { Chunker, ChunkerSource } from "../model/chunker.js";

/**
 * Makes the chunker that a source describes, in whatever thread this is called.
 *
 * @throws `MFS_PLUGIN_FAILED` when the module cannot be loaded, or makes none.
 */
export async function loadChunker({ module, create, options }: ChunkerSource): Promise<Chunker> {
  try {
    const loaded = (await import(module)) as Record<string, unknown>;
    const make = loaded[create];
    if (typeof make !== "function") throw new Error(`it exports no function '${create}'`);
    const chunker = make(options) as Chunker | undefined;
    if (typeof chunker?.cut !== "function") throw new Error(`'${create}' makes no chunker`);
    return chunker;
  } catch (cause) {
    const message = `the chunker's module ${module} cannot be used: ${messageOf(cause)}`;
    throw new MusicfsError("MFS_PLUGIN_FAILED", message, { cause });
  }
}
