import { definePlugin, parseTemplate, renderTemplate, templateText, z } from "musicfs";

const options = z.strictObject({
  /** Path of a track; see README.md beside this file for the language. */
  template: templateText(),
  /** What becomes of a file without any tags: it keeps its own folders and name, or is placed like any other. @default "origin" */
  untagged: z.enum(["origin", "template"]).default("origin"),
});

/** Tracks under a path made of their tags, by a template. */
export const layoutTemplate = definePlugin({
  name: "layout-template",
  provides: ["layout"],
  options,
  setup({ hooks }, { template, untagged }) {
    const parsed = parseTemplate(template);
    hooks.placeTrack.tap((track) =>
      track.tagged || untagged === "template" ? renderTemplate(parsed, track) : undefined,
    );
  },
});
