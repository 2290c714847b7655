/** Cuts the content of files into content-defined chunks, so that equal content makes equal chunks. */
export interface Chunker {
  /** Names the algorithm and every parameter that moves a cut: `fastcdc-16384-65536-262144`. */
  readonly id: string;
  readonly minBytes: number;
  readonly maxBytes: number;
  /**
   * Length in bytes of the first chunk of `bytes[from..to)`, at least 1 and at most {@link maxBytes}.
   * The result depends on those bytes alone. The caller gives at least `maxBytes` bytes unless the file
   * ends before. Called for every chunk, in worker threads: must be pure and must not keep `bytes`.
   */
  cut(bytes: Uint8Array, from: number, to: number): number;
}
