/** What the process that makes smaller pictures is asked. */
export interface ResizeRequest {
  readonly picture: Uint8Array;
  /** Longest sides, in pixels, ascending. */
  readonly sizes: readonly number[];
}

/** What it answers: as many pictures as sizes, in order. */
export type ResizeReply =
  | { readonly pictures: readonly Uint8Array[] }
  /** `lacking`: the package that makes them cannot be loaded; else the picture is at fault. */
  | { readonly problem: string; readonly lacking: boolean };
