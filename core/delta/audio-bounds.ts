import { findChunkedAudio } from "./bounds-chunks.js";
import { findFlacAudio } from "./bounds-flac.js";
import { findMp4Audio } from "./bounds-mp4.js";
import { findOggAudio } from "./bounds-ogg.js";
import { endOfFrontTags, startOfBackTags } from "./bounds-tags.js";
import { type FileView, readAll, textAt } from "./file-view.js";

/** Where the audio of a file lies: what a tagger leaves as it is, wherever the tags around it push it. */
export interface AudioBounds {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /**
   * What the file says of its audio in words of its own: where two versions say something else, they have other
   * audio. It includes the kind of the file.
   */
  readonly says: string;
  /** Whether {@link says} holds a checksum of the audio. */
  readonly hasChecksum: boolean;
}

/**
 * Finds the audio of a file by a few reads of its headers.
 *
 * A file of a format that is not known here is taken for audio between tags that any file may have (ID3, APEv2,
 * Lyrics3). What is found is where to look, and proves nothing.
 *
 * @returns `undefined` where the file contradicts itself, or has no audio.
 * @throws what the file's reads throw.
 */
export async function findAudio(file: FileView): Promise<AudioBounds | undefined> {
  const start = await endOfFrontTags(file);
  if (start === undefined) return undefined;
  const end = await startOfBackTags(file, start);
  const found = await findByFormat(file, start, end);
  if (!found) return undefined;
  const isWithin = found.offsetBytes >= start && found.offsetBytes + found.lengthBytes <= file.sizeBytes;
  return isWithin && found.lengthBytes > 0 ? found : undefined;
}

async function findByFormat(file: FileView, start: number, end: number): Promise<AudioBounds | undefined> {
  const magic = await readAll(file, start, 12);
  if (!magic) return undefined;
  const begin = textAt(magic, 0, 4);
  if (begin === "fLaC") return findFlacAudio(file, start, end);
  if (begin === "OggS") return findOggAudio(file, start);
  if (MP4_ATOMS.has(textAt(magic, 4, 4))) return findMp4Audio(file, start);
  const chunked = await findChunkedAudio(file, start, magic);
  if (chunked !== "none") return chunked;
  return { offsetBytes: start, lengthBytes: end - start, says: "frames", hasChecksum: false };
}

/** Atoms that an MP4 or a QuickTime file begins with. */
const MP4_ATOMS: ReadonlySet<string> = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"]);
