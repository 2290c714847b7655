import { createRequire } from "node:module";

const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;

type Fallocate = (fd: number, mode: number, offsetBytes: number, lengthBytes: number) => number;

let fallocate: Fallocate | undefined;
let isLoaded = false;

/**
 * Gives the space of a range of a file back to its disk; zeros are read there from then on (fallocate(2) with
 * FALLOC_FL_PUNCH_HOLE). Node has no call for it: this is the one place of the core that makes a call of its own.
 *
 * @returns whether it was done: not every machine and disk can.
 */
export function punchHole(fd: number, offsetBytes: number, lengthBytes: number): boolean {
  if (!isLoaded) fallocate = load();
  isLoaded = true;
  return fallocate?.(fd, PUNCH_HOLE | KEEP_SIZE, offsetBytes, lengthBytes) === 0;
}

function load(): Fallocate | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
    return koffi.load(null).func("int fallocate(int, int, int64_t, int64_t)") as unknown as Fallocate;
  } catch {
    return undefined;
  }
}
