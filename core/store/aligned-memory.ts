/** WebAssembly counts its memory in pages of this size. */
const PAGE_BYTES = 65_536;

/** What TypeScript knows of it only where it is told of a browser. */
interface WithWebAssembly {
  readonly WebAssembly: {
    readonly Memory: new (pages: {
      readonly initial: number;
      readonly maximum: number;
      readonly shared: true;
    }) => { readonly buffer: SharedArrayBuffer };
  };
}

/**
 * Makes memory that threads share and that begins at a page, as writes past the page cache want it: WebAssembly's does, and
 * Node's other does not. It is only touched as far as it is used. Where there is none, it begins anywhere.
 */
export function createAlignedMemory(bytes: number): SharedArrayBuffer {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    const { WebAssembly } = globalThis as unknown as WithWebAssembly;
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer;
  } catch {
    // As under a limit of the address space (`ulimit -v`).
    return new SharedArrayBuffer(bytes);
  }
}
