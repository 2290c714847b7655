/** A format of audio files, known by its content. */
export interface AudioFormat {
  /** The usual extension, lower case, without a dot. */
  readonly extension: string;
  /** What makes music-metadata take the right parser; absent where it has none. */
  readonly mimeType?: string;
  /** Whether tags may stand behind the audio: ID3v1, APEv2, Lyrics3. */
  readonly tagsAtEnd?: boolean;
  /** Extensions that say what the content can't, and then stay: an audiobook is an M4A, too. */
  readonly otherExtensions?: readonly string[];
  /** The usual extension when there is a moving picture in it. */
  readonly videoExtension?: string;
  /** Whether the length of the audio can be had from the last page, as in every Ogg. */
  readonly isOgg?: boolean;
  /** Whether samples are stored as they are, so that the file's size bounds the duration. */
  readonly isPlainPcm?: boolean;
}

export const FORMATS = {
  flac: { extension: "flac", mimeType: "audio/flac" },
  mp3: { extension: "mp3", mimeType: "audio/mpeg", tagsAtEnd: true },
  mp2: { extension: "mp2", mimeType: "audio/mpeg", tagsAtEnd: true },
  mp1: { extension: "mp1", mimeType: "audio/mpeg", tagsAtEnd: true },
  aac: { extension: "aac", mimeType: "audio/aacp", tagsAtEnd: true },
  m4a: {
    extension: "m4a",
    mimeType: "audio/mp4",
    otherExtensions: ["m4b", "m4p", "m4r"],
    videoExtension: "mp4",
  },
  m4b: { extension: "m4b", mimeType: "audio/mp4" },
  mov: { extension: "mov", mimeType: "audio/mp4" },
  vorbis: { extension: "ogg", mimeType: "audio/ogg", isOgg: true },
  opus: { extension: "opus", mimeType: "audio/ogg", isOgg: true },
  oggFlac: { extension: "oga", mimeType: "audio/ogg", isOgg: true },
  speex: { extension: "spx", mimeType: "audio/ogg", isOgg: true },
  ogv: { extension: "ogv", mimeType: "audio/ogg" },
  wav: { extension: "wav", mimeType: "audio/wav", isPlainPcm: true },
  w64: { extension: "w64" },
  aiff: { extension: "aiff", mimeType: "audio/aiff", isPlainPcm: true },
  ape: { extension: "ape", mimeType: "audio/ape", tagsAtEnd: true },
  wavpack: { extension: "wv", mimeType: "audio/wavpack", tagsAtEnd: true },
  musepack: { extension: "mpc", mimeType: "audio/musepack", tagsAtEnd: true },
  dsf: { extension: "dsf", mimeType: "audio/dsf" },
  dff: { extension: "dff", mimeType: "audio/dsd" },
  matroska: { extension: "mka", mimeType: "audio/matroska", videoExtension: "mkv" },
  webm: { extension: "webm", mimeType: "audio/webm" },
  wma: { extension: "wma", mimeType: "audio/ms-wma", videoExtension: "wmv" },
  tta: { extension: "tta" },
  tak: { extension: "tak" },
  shorten: { extension: "shn" },
  ofr: { extension: "ofr" },
  au: { extension: "au" },
  caf: { extension: "caf" },
  amr: { extension: "amr" },
  ac3: { extension: "ac3" },
  dts: { extension: "dts" },
} as const satisfies Record<string, AudioFormat>;

/** Extensions of files that are music to a listener, whether or not their tags can be read. */
const AUDIO_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    "flac mp3 mp2 mp1 mpa m2a aac aacp adts m4a m4b m4p m4r m4pa mp4 3gp 3g2 3ga " +
    "ogg oga ogx opus spx wav wave bwf rf64 w64 aif aiff aifc ape wv wvp mpc mp+ mpp dsf dff dsd " +
    "mka weba webm wma asf tta tak shn ofr ofs au snd caf amr awb ac3 eac3 dts dtshd thd mlp ra ram la pac alac"
  ).split(" "),
);

/**
 * Whether a file of this name is taken for a track: told by its extension, in upper or lower case.
 * `._song.mp3` is none: macOS keeps a file's attributes under such a name on disks that have no place for them.
 */
export function isAudioName(path: string): boolean {
  return AUDIO_EXTENSIONS.has(extensionOf(path)) && !path.startsWith("._", path.lastIndexOf("/") + 1);
}

/** The extension of a path, lower case, without its dot; empty where there is none. */
export function extensionOf(path: string): string {
  const dot = path.lastIndexOf(".");
  return dot > path.lastIndexOf("/") + 1 ? path.slice(dot + 1).toLowerCase() : "";
}
