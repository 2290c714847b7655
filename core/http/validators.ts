/**
 * An ETag without what says that it is a weak one. Servers call a version weak in its first second and strong later, so that
 * the mark says nothing of whether two are the same.
 */
export function plainETag(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}

export function sameETag(one: string, other: string): boolean {
  return plainETag(one) === plainETag(other);
}

/** Files whose ETag is remembered at most. */
const MAX_PINS = 4096;

/**
 * ETags that came with the bytes of files whose listing has none: of one file, bytes of one ETag only are given. Whoever was
 * read longest ago is forgotten.
 */
export class PinnedETags {
  readonly #pins = new Map<string, string>();

  get(file: string): string | undefined {
    return this.#pins.get(file);
  }

  pin(file: string, etag: string): void {
    this.#pins.delete(file);
    this.#pins.set(file, etag);
    const [oldest] = this.#pins.keys();
    if (this.#pins.size > MAX_PINS && oldest !== undefined) this.#pins.delete(oldest);
  }

  forget(file: string): void {
    this.#pins.delete(file);
  }
}
