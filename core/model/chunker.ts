/**
 * Tells a thread how to make a chunker of its own: an object with functions cannot be handed to it.
 * The module must do nothing else when it is loaded.
 */
export interface ChunkerSource {
  /** URL of an ES module that Node can load as it is: `new URL("./fastcdc.js", import.meta.url).href`. */
  readonly module: string;
  /** Name of the function that the module exports; called with {@link options}, it returns the chunker. */
  readonly create: string;
  /** Plain data that can be posted to a thread. */
  readonly options: unknown;
}

/** Cuts the content of files into content-defined chunks, so that equal content makes equal chunks. */
export interface Chunker {
  /** Names the algorithm and every parameter that moves a cut: `fastcdc-16384-65536-262144`. */
  readonly id: string;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Where a worker thread finds the same chunker. */
  readonly source: ChunkerSource;
  /**
   * Length in bytes of the first chunk of `bytes[from..to)`, at least 1 and at most {@link maxBytes}.
   * The result depends on those bytes alone. The caller gives at least `maxBytes` bytes unless the file
   * ends before. Called for every chunk, in worker threads: must be pure and must not keep `bytes`.
   */
  cut(bytes: Uint8Array, from: number, to: number): number;
}
