/**
 * Random numbers that are the same in every run: mulberry32, by Tommy Ettinger (public domain).
 * Returns a function that gives the next number, an unsigned integer of 32 bits.
 */
export function createRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Bytes of 0 to 127: never 0xFF, so that they can't be taken for the sync word of an MPEG frame. */
export function createNoise(seed: number, lengthBytes: number): Buffer {
  const random = createRandom(seed);
  const noise = Buffer.allocUnsafe(Math.ceil(lengthBytes / 4) * 4);
  for (let offset = 0; offset < noise.length; offset += 4)
    noise.writeUInt32LE((random() & 0x7f7f7f7f) >>> 0, offset);
  return noise.subarray(0, lengthBytes);
}

/** Rate of {@link createTune}, for formats that hold samples as they are. */
export const TUNE_RATE_HZ = 8000;

const NOTE_MS = 125;
/** Semitones of a pentatonic scale over two octaves. */
const SCALE = [0, 2, 4, 7, 9, 12, 14, 16, 19, 21, 24];

/** A tune of triangle waves: mono samples of 16 bits at {@link TUNE_RATE_HZ}, another one for every seed. */
export function createTune(seed: number, durationMs: number): Int16Array {
  const random = createRandom(seed);
  const samples = new Int16Array(Math.ceil((durationMs * TUNE_RATE_HZ) / 1000));
  const noteLength = (NOTE_MS * TUNE_RATE_HZ) / 1000;
  for (let start = 0; start < samples.length; start += noteLength) {
    const semitone = SCALE[random() % SCALE.length] ?? 0;
    // A step that no other seed is likely to share makes even short tunes differ.
    const step = (220 * 2 ** (semitone / 12)) / TUNE_RATE_HZ + (random() % 4096) / 1e6;
    addNote(samples.subarray(start, start + noteLength), step, noteLength);
  }
  return samples;
}

function addNote(samples: Int16Array, cyclesPerSample: number, noteLength: number): void {
  for (let index = 0; index < samples.length; index += 1) {
    const phase = (index * cyclesPerSample) % 1;
    const triangle = 4 * Math.abs(phase - 0.5) - 1;
    samples[index] = triangle * 12_000 * (1 - index / noteLength);
  }
}
