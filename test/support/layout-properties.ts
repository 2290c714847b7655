import assert from "node:assert/strict";
import fc from "fast-check";
import { layoutArtistAlbum, layoutOrigin, layoutTemplate } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";
import { assertSafe } from "../contracts/layout.js";
import { placeTracks } from "../contracts/placed-tree.js";
import { hostileLibrary } from "./tag-sets.js";

/** Layouts that every hostile library is put through. */
export const LAYOUTS = {
  "layout-artist-album": () => layoutArtistAlbum(),
  "layout-artist-album, under each artist": () => layoutArtistAlbum({ eachArtist: true }),
  "layout-origin": () => layoutOrigin(),
  "layout-template": () =>
    layoutTemplate({
      template: '%first{$genres|$label|"None"}/[$year ]$album[ ($label)]/$artist - $title.$format',
    }),
} as const;

/** Tracks of one library: enough to clash, few enough to make smaller when something fails. */
const TRACKS = 100;

/**
 * Puts so many hostile tag sets through a layout and into trees: no name that a disk could not have or that leads
 * elsewhere, no track lost, and the same tree in another order.
 */
export async function checkLayout(name: keyof typeof LAYOUTS, tagSets: number): Promise<void> {
  const layout = await setUpPlugin(LAYOUTS[name]());
  try {
    fc.assert(
      fc.property(hostileLibrary(TRACKS), fc.integer(), (tracks, seed) => {
        const tree = placeTracks(layout.placeTrack, tracks);
        assertSafe(tree);
        assert.equal(tree.tracks, tracks.length);
        assert.equal(new Set(tree.files.map(({ path }) => path)).size, tracks.length);
        assert.deepEqual(placeTracks(layout.placeTrack, shuffled(tracks, seed)), tree);
      }),
      { numRuns: Math.ceil(tagSets / TRACKS) },
    );
  } finally {
    await layout.close();
  }
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const order = new Map(items.map((item, index) => [item, Math.imul(index ^ seed, 0x9e3779b1) >>> 0]));
  return items.toSorted((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
}
