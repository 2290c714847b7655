import { definePlugin, z } from "musicfs";
import { parseTemplate, renderTemplate, TemplateError } from "./template.js";

/** Where a track appears unless the config says otherwise. */
export const DEFAULT_TEMPLATE = "$albumartist/$album ($year)/$track - $title.$format";

const options = z.strictObject({
  /**
   * Path of a track, with variables; see README.md beside this file.
   * @default "$albumartist/$album ($year)/$track - $title.$format"
   */
  template: z.string().default(DEFAULT_TEMPLATE).superRefine(checkTemplate),
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

function checkTemplate(template: string, context: z.core.$RefinementCtx): void {
  try {
    parseTemplate(template);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
}
