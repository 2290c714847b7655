import { definePlugin, z } from "musicfs";

/** Shows all tracks in one folder. The least that a plugin can be. */
export const layoutFlat = definePlugin({
  name: "layout-flat",
  provides: ["layout"],
  options: z.strictObject({
    /** Text between artist and title. @default " - " */
    separator: z.string().min(1).default(" - "),
  }),
  setup({ hooks }, { separator }) {
    hooks.placeTrack.tap((track) => [`${track.artist}${separator}${track.title}.${track.extension}`]);
  },
});
