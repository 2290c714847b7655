export const SAMPLE_RATE_HZ = 22_050;

/** What a piece sounds like. */
export interface Melody {
  /** Chooses the notes; the same seed is the same tune. */
  readonly seed: number;
  readonly seconds: number;
  readonly voice: Voice;
  /** Notes a second. @default 5 */
  readonly notesPerSecond?: number;
}

export type Voice = "flute" | "organ" | "music box";

/** Strengths of the overtones, and how many seconds a note takes to fade to a third. */
const VOICES: Record<Voice, { readonly partials: readonly number[]; readonly fadeSeconds: number }> = {
  flute: { partials: [1, 0.25, 0.06], fadeSeconds: 0.6 },
  organ: { partials: [1, 0.5, 0.25, 0.4, 0.1], fadeSeconds: 3 },
  "music box": { partials: [1, 0, 0.35, 0, 0.15], fadeSeconds: 0.18 },
};

const PENTATONIC = [0, 2, 4, 7, 9];
const CHORDS = [0, 5, 7, 9];
const ATTACK_SECONDS = 0.012;
const LOUDNESS = 9000;

/** Renders an arpeggio over a slow bass: mono samples of 16 bits, little-endian, at {@link SAMPLE_RATE_HZ}. */
export function renderMelody({ seed, seconds, voice, notesPerSecond = 5 }: Melody): Buffer {
  const mix = new Float64Array(Math.round(seconds * SAMPLE_RATE_HZ));
  const random = createRandom(seed);
  const root = 52 + Math.floor(random() * 10);
  let degree = Math.floor(random() * 5);
  for (let note = 0; note < seconds * notesPerSecond; note += 1) {
    const start = note / notesPerSecond;
    const chord = CHORDS[(Math.floor(start) + seed) % CHORDS.length] ?? 0;
    if (note % notesPerSecond === 0) addNote(mix, start, 1, root - 12 + chord, "organ", 0.35);
    degree = Math.min(11, Math.max(0, degree + Math.floor(random() * 5) - 2));
    const semitone = (PENTATONIC[degree % 5] ?? 0) + 12 * Math.floor(degree / 5);
    addNote(mix, start, 2 / notesPerSecond, root + 12 + semitone, voice, 0.6);
  }
  fadeOut(mix);
  return toSamples(mix);
}

function addNote(
  mix: Float64Array,
  start: number,
  seconds: number,
  key: number,
  voice: Voice,
  gain: number,
): void {
  const { partials, fadeSeconds } = VOICES[voice];
  const frequency = 440 * 2 ** ((key - 69) / 12);
  const first = Math.round(start * SAMPLE_RATE_HZ);
  const last = Math.min(mix.length, first + Math.round(seconds * SAMPLE_RATE_HZ));
  for (let index = first; index < last; index += 1) {
    const time = (index - first) / SAMPLE_RATE_HZ;
    const release = Math.min(1, (last - index) / (ATTACK_SECONDS * SAMPLE_RATE_HZ));
    const envelope = Math.min(1, time / ATTACK_SECONDS) * Math.exp(-time / fadeSeconds) * release;
    let wave = 0;
    for (const [overtone, strength] of partials.entries()) {
      wave += strength * Math.sin(2 * Math.PI * frequency * (overtone + 1) * time);
    }
    mix[index] = (mix[index] ?? 0) + gain * envelope * wave;
  }
}

function fadeOut(mix: Float64Array): void {
  const length = Math.min(mix.length, SAMPLE_RATE_HZ / 3);
  for (let back = 1; back <= length; back += 1)
    mix[mix.length - back] = (mix.at(-back) ?? 0) * (back / length);
}

function toSamples(mix: Float64Array): Buffer {
  const samples = Buffer.alloc(mix.length * 2);
  for (const [index, value] of mix.entries()) {
    samples.writeInt16LE(Math.round(Math.max(-32_768, Math.min(32_767, value * LOUDNESS))), index * 2);
  }
  return samples;
}

/** Numbers from 0 to 1, the same for the same seed: a linear congruential generator (Numerical Recipes, 7.1). */
export function createRandom(seed: number): () => number {
  let state = (Math.imul(seed, 2_654_435_761) + 12_345) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
