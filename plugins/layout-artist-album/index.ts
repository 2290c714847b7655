import { definePlugin, parseTemplate, renderTemplate, type Track, templateText, z } from "musicfs";

/** Where a track appears unless the config says otherwise. */
export const DEFAULT_TEMPLATE = "$albumartist/$album ($year)/[$disc-][$track - ]$title.$format";

const options = z.strictObject({
  /**
   * Path of a track, in the language of `layoutTemplate`; see README.md beside this file.
   * @default "$albumartist/$album ($year)/[$disc-][$track - ]$title.$format"
   */
  template: templateText().default(DEFAULT_TEMPLATE),
  /** Whether a track is also shown under each of its artists, as if the album were theirs. @default false */
  eachArtist: z.boolean().default(false),
});

/** Artist folders with album folders in them. A file without any tags keeps the folders and the name that it has. */
export const layoutArtistAlbum = definePlugin({
  name: "layout-artist-album",
  provides: ["layout"],
  options,
  setup({ hooks }, { template, eachArtist }) {
    const parsed = parseTemplate(template);
    hooks.placeTrack.tap((track) => {
      if (!track.tagged) return undefined;
      return eachArtist
        ? byArtists(track).map((each) => renderTemplate(parsed, each))
        : renderTemplate(parsed, track);
    });
  },
});

// The track as it is, and as if its album were by each of its artists.
function byArtists(track: Track): readonly Track[] {
  const others = track.artists.filter((artist) => artist !== track.albumArtist);
  const asTheirs = others.map((artist) => ({ ...track, artist, artists: [artist], albumArtist: artist }));
  return [track, ...asTheirs];
}
