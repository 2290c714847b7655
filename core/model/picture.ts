/** Where a picture lies in a file, and what it is. Its bytes are read only when somebody wants them. */
export interface EmbeddedPicture {
  /** Meaning by the list of ID3v2 (https://id3.org/id3v2.4.0-frames, 4.14): 3 is the front cover. */
  readonly type: number;
  /** Usual extension of its format, told by its first bytes. */
  readonly extension: PictureExtension;
  readonly sizeBytes: number;
  /** Where it begins in the file; absent in an Ogg, where it is encoded as text across pages. */
  readonly offsetBytes?: number;
}

export type PictureExtension = "jpg" | "png" | "webp" | "gif";
