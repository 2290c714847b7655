import assert from "node:assert/strict";
import { safeName } from "../../core/library/names.js";
import { pathsOf } from "../../core/library/track-places.js";
import type { Track, TrackPlaces } from "../../core/model/track.js";
import type { ContractCase, ContractSubject } from "./contract.js";
import { hostileTrack, ordinaryTrack } from "./hostile-tracks.js";
import { type PlacedTree, placeTracks } from "./placed-tree.js";
import { createRandom } from "./random.js";

export interface LayoutSubject extends ContractSubject {
  /** What the layout's tap of `placeTrack` answers. */
  placeTrack(track: Track): TrackPlaces | undefined;
}

export type LayoutCase = ContractCase<LayoutSubject>;

/** Hostile tracks in each case that takes many. */
const TRACKS = 12_000;
/** Hostile tracks that are put into a tree. */
const PLACED = 400;
const NAME_MAX_BYTES = 255;
/** What no name may have in it: `/`, NUL and other control characters. */
const FORBIDDEN = /[/\u0000-\u001f\u007f]/u;

/**
 * The contract of a layout. Tracks are frozen through and through: a layout that writes to one throws.
 *
 * The tracks are made anew, by a seed, wherever they are used: a layout that remembers objects is found out, too.
 */
export const layoutContract: readonly LayoutCase[] = [
  {
    name: "an ordinary track has a place, and its name ends in the track's extension",
    async run(layout) {
      const random = createRandom(30);
      forEach(
        Array.from({ length: 500 }, () => ordinaryTrack(random)),
        (track) => {
          const paths = pathsOf(layout.placeTrack(track));
          assert.ok(paths.length > 0, "it has none");
          for (const name of paths.map((path) => path.at(-1)))
            assert.ok(name?.endsWith(`.${track.extension}`), `the name is ${name}`);
        },
      );
    },
  },
  {
    name: "any tags at all give a path of at least one text, a list of such paths, or `undefined`",
    async run(layout) {
      forEach(hostileTracks(31), (track) => {
        const places = layout.placeTrack(track);
        if (places === undefined) return;
        assert.ok(Array.isArray(places) && places.length > 0, `the answer is ${places}`);
        for (const path of typeof places[0] === "string" ? [places] : places) {
          assert.ok(Array.isArray(path) && path.length > 0, `a path is ${path}`);
          for (const segment of path) assert.equal(typeof segment, "string");
        }
      });
    },
  },
  {
    name: "the same track always has the same place, whatever came before it",
    async run(layout) {
      const places = hostileTracks(32).map((track) => layout.placeTrack(track));
      forEach(hostileTracks(32).reverse(), (track) => {
        assert.deepEqual(layout.placeTrack(track), places.pop());
      });
    },
  },
  {
    name: "a `/` in a tag adds no folder",
    async run(layout) {
      forEach(hostileTracks(33), (track) => {
        const plain = withTexts(track, (text) => text.replaceAll("/", "|"));
        const slashed = withTexts(track, (text) => text.replaceAll("|", "/"));
        assert.deepEqual(depthsOf(layout.placeTrack(slashed)), depthsOf(layout.placeTrack(plain)));
      });
    },
  },
  {
    name: "the core can make names of what it answers: no `.`, no `..`, no `/`, at most 255 bytes",
    async run(layout) {
      forEach(hostileTracks(34), (track) => {
        for (const segment of pathsOf(layout.placeTrack(track)).flat()) {
          assertSafeName(safeName(segment));
        }
      });
    },
  },
  {
    name: "every track is shown under names that a disk can have, the same whatever the order of the scan",
    async run(layout) {
      const tracks = withOwnPaths(hostileTracks(35).slice(0, PLACED));
      const tree = placeTracks((track) => layout.placeTrack(track), tracks);
      assert.equal(tree.tracks, tracks.length);
      assertSafe(tree);
      for (const order of [tracks.toReversed(), tracks.toSorted(bySize)]) {
        assert.deepEqual(
          placeTracks((track) => layout.placeTrack(track), order),
          tree,
        );
      }
    },
  },
];

/** Fails when a name of a tree is one that a disk could not have, or that leads elsewhere. */
export function assertSafe({ files }: PlacedTree): void {
  for (const { names } of files) for (const name of names) assertSafeName(name);
}

function assertSafeName(name: string): void {
  assert.ok(name !== "" && name !== "." && name !== "..", `the name is ${JSON.stringify(name)}`);
  assert.ok(!FORBIDDEN.test(name) && name.isWellFormed(), `the name is ${JSON.stringify(name)}`);
  assert.ok(Buffer.byteLength(name) <= NAME_MAX_BYTES, `the name is ${name}`);
}

// Two files of an origin have two paths.
function withOwnPaths(tracks: readonly Track[]): Track[] {
  return tracks.map((track, index) => ({
    ...track,
    path: `${index % 7}/${track.path}/${index}`.toWellFormed(),
  }));
}

function bySize(one: Track, other: Track): number {
  return one.sizeBytes - other.sizeBytes || one.path.length - other.path.length;
}

function depthsOf(places: TrackPlaces | undefined): number[] {
  return pathsOf(places).map(({ length }) => length);
}

// Says of a failure which track it was.
function forEach(tracks: readonly Track[], check: (track: Track) => void): void {
  for (const track of tracks) {
    try {
      check(track);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}\nof the track ${JSON.stringify(track).slice(0, 2000)}`, { cause: error });
    }
  }
}

function hostileTracks(seed: number): Track[] {
  const random = createRandom(seed);
  return Array.from({ length: TRACKS }, () => hostileTrack(random));
}

// All texts of tags; where the file lies stays as it is, since layouts may show its folders.
function withTexts(track: Track, change: (text: string) => string): Track {
  const all = (texts: readonly string[]): readonly string[] => Object.freeze(texts.map(change));
  return Object.freeze({
    ...track,
    title: change(track.title),
    artist: change(track.artist),
    artists: all(track.artists),
    albumArtist: change(track.albumArtist),
    album: change(track.album),
    genres: all(track.genres),
    composers: all(track.composers),
    ...(track.label === undefined ? {} : { label: change(track.label) }),
    ...(track.originalDate === undefined ? {} : { originalDate: change(track.originalDate) }),
  });
}
