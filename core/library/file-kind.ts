import { FILE_KIND } from "../catalogue/schema.js";
import { extensionOf, isAudioName } from "./tags/format.js";

/** Extensions of what lies beside music and belongs to it: lyrics, cue sheets, logs, booklets, pictures. */
const BESIDE: ReadonlySet<string> = new Set(
  "lrc elrc ttml srt vtt cue log pdf djvu nfo jpg jpeg png webp gif bmp tif tiff avif heic jxl".split(" "),
);
const PLAYLISTS: ReadonlySet<string> = new Set(["m3u", "m3u8"]);

/** What a file of an origin is to a library, told by its name; `undefined` for what is not shown. */
export function kindOf(path: string): number | undefined {
  if (isAudioName(path)) return FILE_KIND.track;
  const extension = extensionOf(path);
  if (path.startsWith(".", path.lastIndexOf("/") + 1)) return undefined;
  if (BESIDE.has(extension)) return FILE_KIND.beside;
  return PLAYLISTS.has(extension) ? FILE_KIND.playlist : undefined;
}
