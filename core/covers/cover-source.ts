import type { Catalogue } from "../catalogue/catalogue.js";
import { type FileRow, versionedFile } from "../catalogue/files.js";
import {
  COVER_MAKER,
  coverRecipeOf,
  type ReadRange,
  readPicture,
  readPieces,
} from "../library/companions/cover-maker.js";
import { PICTURE_MAX_BYTES, pictureExtensionOf } from "../library/tags/picture.js";
import type { EmbeddedPicture } from "../model/picture.js";

/** Names that the cover of a directory can have. */
const COVER_NAMES: readonly string[] = ["cover.jpg", "cover.png", "cover.webp", "cover.gif"];

/** The picture that a directory shows as its cover: one version of a file, or what is embedded in that. */
export interface CoverSource {
  readonly fileId: number;
  /** Names the version, and the place in it; the same as long as the picture is. */
  readonly recipe: string;
  readonly mtimeMs: number;
}

/** A picture that nothing can be made of; looking again changes nothing until the file does. */
export class UnusablePictureError extends Error {}

/** The cover that a directory shows now. */
export function coverSourceIn(catalogue: Catalogue, directoryIno: number): CoverSource | undefined {
  for (const name of COVER_NAMES) {
    const ino = catalogue.reader.lookup(directoryIno, name)?.ino;
    if (ino !== undefined) return sourceOf(catalogue, ino);
  }
  return undefined;
}

function sourceOf(catalogue: Catalogue, ino: number): CoverSource | undefined {
  const file = catalogue.files.byIno(ino);
  if (file) return { fileId: file.id, recipe: recipeOf(file), mtimeMs: file.mtimeMs };
  const row = catalogue.generated.byIno(ino);
  if (row?.maker !== COVER_MAKER) return undefined;
  return { fileId: Number(row.subject), recipe: row.recipe, mtimeMs: row.mtimeMs };
}

function recipeOf(file: FileRow, picture?: EmbeddedPicture): string {
  return picture ? coverRecipeOf(file, picture) : JSON.stringify({ of: versionedFile(file) });
}

/**
 * Reads the bytes of a cover.
 *
 * @throws {@link UnusablePictureError} for what is no picture, or too big; else what the origin threw.
 */
export async function readCover(
  catalogue: Catalogue,
  { fileId, recipe }: Pick<CoverSource, "fileId" | "recipe">,
  readRange: ReadRange,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { picture } = JSON.parse(recipe) as { picture?: EmbeddedPicture };
  const row = catalogue.files.byId(fileId);
  if (!row || recipeOf(row, picture) !== recipe) throw new Error("the file that it is made from has changed");
  const { sizeBytes } = picture ?? row;
  if (sizeBytes > PICTURE_MAX_BYTES) {
    throw new UnusablePictureError(`'${row.path}' has more than ${PICTURE_MAX_BYTES} bytes`);
  }
  const bytes = picture
    ? await readPicture(row, picture, readRange, signal)
    : await readPieces(row, 0, sizeBytes, readRange, signal);
  if (bytes && pictureExtensionOf(bytes)) return bytes;
  throw new UnusablePictureError(`'${row.path}' is no JPEG, PNG, WebP or GIF`);
}
