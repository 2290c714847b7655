/** The tags of one file, as its author wrote them: trimmed, bounded in length, not made up where missing. */
export interface TrackTags {
  readonly title?: string;
  readonly artists: readonly string[];
  readonly albumArtists: readonly string[];
  readonly album?: string;
  readonly trackNumber?: number;
  readonly trackTotal?: number;
  readonly discNumber?: number;
  readonly discTotal?: number;
  readonly year?: number;
  /** The first release, as tagged: `1973`, `1973-03-01`. */
  readonly originalDate?: string;
  readonly genres: readonly string[];
  readonly composers: readonly string[];
  readonly label?: string;
  readonly comment?: string;
  /** Only where they are read (`scan.lyrics`). */
  readonly lyrics?: string;
  readonly compilation: boolean;
}

/** What the audio stream is, told by the content of the file and never by its extension. */
export interface AudioProperties {
  /** The usual extension of the content's format, lower case, without a dot: `flac`, `mp3`, `m4a`, `ogg`, `opus`, `wav`. */
  readonly format: string;
  readonly codec?: string;
  readonly durationMs?: number;
  readonly bitrateBps?: number;
  readonly sampleRateHz?: number;
  readonly bitsPerSample?: number;
  readonly channels?: number;
  readonly lossless?: boolean;
}

/**
 * A track as a layout sees it. Every text that a path is usually made of is there: where a tag is missing,
 * the folders and the name of the file stand in. Texts are as tagged, so a layout need not fear `/` or `..`
 * in them: the core makes safe names of what a layout returns.
 */
export interface Track {
  readonly originId: string;
  /** Path of the file in its origin. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Extension to show, by content, without a dot; the file's own where the content is unknown. */
  readonly extension: string;
  /** Whether the file carried a title, an artist or an album at all. */
  readonly tagged: boolean;
  readonly title: string;
  /** All artists, joined by `, `. */
  readonly artist: string;
  readonly artists: readonly string[];
  readonly albumArtist: string;
  readonly album: string;
  readonly trackNumber?: number;
  readonly trackTotal?: number;
  readonly discNumber?: number;
  readonly discTotal?: number;
  /** Discs of the album, by the tags of all its tracks; absent where none of them tells. */
  readonly discs?: number;
  readonly year?: number;
  readonly originalDate?: string;
  readonly genres: readonly string[];
  readonly composers: readonly string[];
  readonly label?: string;
  readonly compilation: boolean;
  readonly audio: AudioProperties;
}

/** Segments of a path below the root of a view; the last one is the file's name. */
export type TrackPath = readonly string[];

/** Where a layout shows a track: under one path, or under each of several. */
export type TrackPlaces = TrackPath | readonly TrackPath[];
