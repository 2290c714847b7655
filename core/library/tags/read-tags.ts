import { type IAudioMetadata, parseFromTokenizer } from "music-metadata";
import type { EmbeddedPicture } from "../../model/picture.js";
import type { AudioProperties, TrackTags } from "../../model/track.js";
import { readAdtsDuration } from "./adts-duration.js";
import { audioPropertiesOf } from "./audio-properties.js";
import { BlockPool, BlockReader, type ByteSource } from "./block-reader.js";
import { findPicture } from "./find-picture.js";
import { type AudioFormat, FORMATS } from "./format.js";
import { withoutId3Ballast } from "./id3-ballast.js";
import { matroskaHeaders } from "./matroska.js";
import { readOggDuration } from "./ogg-duration.js";
import { nativeFlacHeaders } from "./ogg-flac.js";
import type { OggStream } from "./ogg-stream.js";
import { withoutAsfPictures } from "./picture-asf.js";
import { type SniffedFormat, sniffFormat } from "./sniff.js";
import { problemOf, type TagProblem, tagProblem } from "./tag-problem.js";
import { BlockTokenizer } from "./tokenizer.js";
import { NO_TAGS, trackTagsOf } from "./track-tags.js";

export interface TagInput extends ByteSource {
  /** Path or name of the file; only its extension is looked at, and only where the content leaves a choice. */
  readonly name: string;
}

/** What a file told of itself. */
export interface TagReading {
  /** Empty where there are none; those in front of the damage in a damaged file. */
  readonly tags: TrackTags;
  /** `format` is `""` where the content could not be told. */
  readonly audio: AudioProperties;
  /** The one that makes the best cover. */
  readonly picture?: EmbeddedPicture;
  readonly problem?: TagProblem;
  /** What the content begins with, as `headHash` names it; absent where nothing could be read. */
  readonly head?: Uint8Array;
}

/** A reading that gave nothing but a problem. */
export function failedReading(problem: TagProblem, format = ""): TagReading {
  return { tags: NO_TAGS, audio: { format }, problem };
}

/**
 * Reads the tags and audio properties of one file: a few blocks of 64 KiB where they are needed, pictures
 * skipped. The duration of a variable-bitrate MP3 without a Xing header is left out, as it would take
 * reading the whole file; with a constant bitrate it is estimated from the size.
 *
 * Never throws: what is wrong with a file is part of the answer. May take long, and much memory, on a
 * hostile file: call it where it can be ended from outside.
 *
 * @param pool keeps the buffers for the next file.
 * @param withLyrics whether the tags shall have them.
 */
export async function readTags(
  input: TagInput,
  pool = new BlockPool(),
  withLyrics = false,
): Promise<TagReading> {
  if (input.sizeBytes === 0) return failedReading(tagProblem("empty", "the file has no bytes"));
  const file = new BlockReader(input, pool);
  const reading = await readContent(file, input.name, pool, withLyrics);
  return file.head ? { ...reading, head: file.head } : reading;
}

async function readContent(
  file: BlockReader,
  name: string,
  pool: BlockPool,
  withLyrics: boolean,
): Promise<TagReading> {
  let content = file;
  try {
    const unladen = await withoutId3Ballast(file);
    const { source, contentStart, damage } = unladen;
    if (source) content = new BlockReader(source, pool);
    const sniffed = await sniffFormat(content, contentStart, name);
    if (!sniffed)
      return failedReading(tagProblem("unrecognised", "the content is no audio format that is known here"));
    const reading = await readKnown(content, sniffed, contentStart, withLyrics);
    const picture = await findPicture(file, sniffed, unladen);
    return {
      ...reading,
      ...(picture ? { picture } : {}),
      ...(damage && !reading.problem ? { problem: tagProblem("malformed", damage) } : {}),
    };
  } catch (error) {
    return failedReading(problemOf(error));
  } finally {
    content.release();
    file.release();
  }
}

async function readKnown(
  reader: BlockReader,
  { format, ogg }: SniffedFormat,
  contentStart: number,
  withLyrics: boolean,
): Promise<TagReading> {
  if (!format.mimeType) {
    const detail = `the tags of ${format.extension} files can't be read`;
    return failedReading(tagProblem("unsupported", detail), format.extension);
  }
  const { metadata, problem } = await parseContent(reader, format.mimeType, format, ogg);
  const measuredMs = await measureDuration(reader, format, ogg, contentStart).catch(() => undefined);
  const audio = audioPropertiesOf(metadata.format ?? {}, format, reader.sizeBytes, measuredMs);
  const found = problem ?? missingAudio(audio, format);
  return {
    tags: trackTagsOf(metadata.common ?? {}, metadata.native ?? {}, withLyrics),
    audio,
    ...(found ? { problem: found } : {}),
  };
}

// What the parser does not know, or takes in although it does not need it, it is not shown.
async function parseContent(
  reader: BlockReader,
  mimeType: string,
  format: AudioFormat,
  ogg: OggStream | undefined,
): Promise<Parsed> {
  if (format === FORMATS.wma) return parse(await withoutAsfPictures(reader), mimeType, format);
  if (ogg && format === FORMATS.oggFlac) {
    const native = await nativeFlacHeaders(reader, ogg.serial);
    return parse(native ? headersOf(native) : reader, native ? FORMATS.flac.mimeType : mimeType, format);
  }
  const isMatroska = format === FORMATS.matroska || format === FORMATS.webm;
  const headers = isMatroska ? await matroskaHeaders(reader) : undefined;
  return parse(headers ? headersOf(headers) : reader, mimeType, format);
}

function headersOf(source: ByteSource): BlockReader {
  return new BlockReader(source, new BlockPool());
}

// Where no header tells it.
async function measureDuration(
  reader: BlockReader,
  format: AudioFormat,
  ogg: OggStream | undefined,
  contentStart: number,
): Promise<number | undefined> {
  if (ogg) return readOggDuration(reader, ogg);
  return format === FORMATS.aac ? readAdtsDuration(reader, contentStart) : undefined;
}

// Some parsers take anything, and tell nothing of it.
function missingAudio(
  { sampleRateHz, durationMs }: AudioProperties,
  { isOgg }: AudioFormat,
): TagProblem | undefined {
  if (!sampleRateHz && !durationMs) return tagProblem("malformed", "there is no audio in it");
  return isOgg && !durationMs
    ? tagProblem("malformed", "it does not end with a page of the stream that it begins with")
    : undefined;
}

interface Parsed {
  readonly metadata: Partial<IAudioMetadata>;
  readonly problem?: TagProblem;
}

async function parse(reader: BlockReader, mimeType: string, format: AudioFormat): Promise<Parsed> {
  const looksAtEnd = format.tagsAtEnd ?? false;
  let partial: Partial<IAudioMetadata> = {};
  try {
    const metadata = await parseFromTokenizer(new BlockTokenizer(reader, mimeType, looksAtEnd), {
      duration: false,
      skipCovers: true,
      skipPostHeaders: !looksAtEnd,
      observer: (event) => {
        partial = event.metadata as Partial<IAudioMetadata>;
      },
    });
    return { metadata };
  } catch (error) {
    return { metadata: partial, problem: problemOf(error) };
  }
}
