import { createRandom } from "musicfs/testing";

/** How people listen to a library, and what else reads it. */
export interface Listening {
  readonly albums: number;
  readonly plays: number;
  /** A server reads the whole library once, in order, after so many plays each time; `0`: never. */
  readonly scanEvery: number;
  /** After so many plays each time, many favourites change places with albums that nobody knew; `0`: never. */
  readonly driftEvery: number;
  readonly seed: number;
}

/** One file that is read from its beginning to its end. */
export interface Reading {
  /** Number of the track. */
  readonly track: number;
  /** A person plays it; otherwise the scan reads it. */
  readonly isPlay: boolean;
  /** Plays since the last scan. */
  readonly playsSinceScan: number;
  readonly startMs: number;
  readonly endMs: number;
}

export const TRACKS_PER_ALBUM = 12;

/** Exponent of the popularity of albums: the n-th is played 1/n^0.9 as often as the first. */
const ZIPF = 0.9;
const PLAY_MS = 240_000;
const BETWEEN_PLAYS_MS = 60_000;
const SCAN_MS = 2_000;
/** One in so many times an album is played as a whole, otherwise a song of it. */
const WHOLE_ALBUM_ONE_IN = 7;
const FAVOURITES = 50;

/** Plays by popularity, with scans of the whole library between them: the same for the same `seed`. */
export function* readings(listening: Listening): Generator<Reading> {
  const { albums, plays, scanEvery, driftEvery, seed } = listening;
  const random = createRandom(seed);
  const rankOf = zipf(albums, random.below);
  const order = shuffled(albums, random.below);
  let [startMs, play, playsSinceScan] = [0, 0, Number.POSITIVE_INFINITY];
  const isDue = (every: number, before: number): boolean =>
    every > 0 && Math.floor(play / every) > Math.floor(before / every);
  while (play < plays) {
    const before = play;
    const first = (order[rankOf()] as number) * TRACKS_PER_ALBUM;
    const tracks = random.oneIn(WHOLE_ALBUM_ONE_IN)
      ? Array.from({ length: TRACKS_PER_ALBUM }, (_, track) => first + track)
      : [first + random.below(TRACKS_PER_ALBUM)];
    for (const track of tracks) {
      yield { track, isPlay: true, playsSinceScan, startMs, endMs: startMs + PLAY_MS };
      startMs += PLAY_MS + BETWEEN_PLAYS_MS;
      playsSinceScan++;
      play++;
    }
    if (isDue(scanEvery, before)) {
      for (let track = 0; track < albums * TRACKS_PER_ALBUM; track++, startMs += SCAN_MS) {
        yield { track, isPlay: false, playsSinceScan, startMs, endMs: startMs + SCAN_MS };
      }
      playsSinceScan = 0;
    }
    if (isDue(driftEvery, before)) drift(order, random.below);
  }
}

type Below = (limit: number) => number;

function zipf(count: number, below: Below): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1) ** ZIPF;
    sums[rank] = sum;
  }
  return () => {
    const wanted = (below(2 ** 30) / 2 ** 30) * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function shuffled(count: number, below: Below): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) swap(order, index, below(index + 1));
  return order;
}

function drift(order: Uint32Array, below: Below): void {
  for (let times = 0; times < FAVOURITES; times++) swap(order, below(FAVOURITES), below(order.length));
}

function swap(order: Uint32Array, a: number, b: number): void {
  const kept = order[a] as number;
  order[a] = order[b] as number;
  order[b] = kept;
}
