import { definePlugin, parseTemplate, renderTemplate, templateText, z } from "musicfs";

/** Where a track appears unless the config says otherwise. */
export const DEFAULT_TEMPLATE = "$albumartist/$album ($year)/[$disc-][$track - ]$title.$format";

const options = z.strictObject({
  /**
   * Path of a track, in the language of `layoutTemplate`; see README.md beside this file.
   * @default "$albumartist/$album ($year)/[$disc-][$track - ]$title.$format"
   */
  template: templateText().default(DEFAULT_TEMPLATE),
});

/** Artist folders with album folders in them. A file without any tags keeps the folders and the name that it has. */
export const layoutArtistAlbum = definePlugin({
  name: "layout-artist-album",
  provides: ["layout"],
  options,
  setup({ hooks }, { template }) {
    const parsed = parseTemplate(template);
    hooks.placeTrack.tap((track) => (track.tagged ? renderTemplate(parsed, track) : undefined));
  },
});
