import { z } from "zod";
import { size } from "./units.js";

/** Names of pictures in the order in which they are the cover of their folder, and the embedded one. */
export const COVER_PRIORITY: readonly string[] = [
  "cover",
  "front",
  "folder",
  "album",
  "albumart",
  "artwork",
  "*cover*",
  "*front*",
  "embedded",
];

const pattern = z
  .string()
  .regex(/^(?!\**$)[^/\0]{1,64}$/u, 'expected the name of a picture without its extension, or "embedded"');

/** `covers` of a config. */
export const coversSchema = z.strictObject({
  priority: z
    .array(pattern)
    .max(32)
    .default([...COVER_PRIORITY]),
  sizes: z
    .array(z.int().min(16).max(4096))
    .max(8)
    .default([150, 300, 600, 1200])
    .transform((sizes) => [...new Set(sizes)].sort((a, b) => a - b)),
  maxBytes: size({ minBytes: 1024 * 1024 }).default(256 * 1024 * 1024),
});
