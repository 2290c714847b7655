import { defineConfig } from "musicfs";
import { layoutArtistAlbum, layoutTemplate, originLocal } from "musicfs/plugins";

/**
 * What goes on a stick for the car: names that FAT and Windows take, flat folders with a short cover, and beside them
 * the library by decades. Copy a folder of the mount to the stick, and its `.covers/300/cover.jpg` with it.
 */
export default defineConfig({
  mountpoint: "../../mnt",
  names: "portable",
  covers: { priority: ["folder", "cover", "embedded"], sizes: [300] },
  sideFiles: false,
  playlists: false,
  plugins: [originLocal({ path: "../library", id: "music" })],
  views: {
    "/": layoutTemplate({
      template:
        '%asciify{{albumartist|artist|"Unknown"}} - %asciify{$album}/[$disc-][$track ]%asciify{$title}.$format',
    }),
    "/By Year": layoutArtistAlbum({
      template: '{year|"No Year"}/$albumartist - $album/$track - $title.$format',
    }),
  },
});
