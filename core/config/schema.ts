import { z } from "zod";
import { controlSchema } from "./control-schema.js";
import { coversSchema } from "./covers-schema.js";
import { duration } from "./units.js";

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u, "expected up to 64 letters, digits, '.', '_' or '-'");

const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes("\0"), "expected a path, received text with a NUL in it");

/** Of what a config file holds, what is no plugin. `plugins` is looked at by `plugin-entries.ts`, `views` by
 * `view-entries.ts`, `collections` by `collection-entries.ts`. */
export const configSchema = z.strictObject({
  name: name.default("default"),
  mountpoint: path,
  plugins: z.array(z.unknown()),
  views: z.record(z.string(), z.unknown()).default({}),
  paths: z.enum(["live", "stable"]).default("live"),
  collections: z.record(z.string(), z.unknown()).default({}),
  names: z.enum(["posix", "portable"]).default("posix"),
  cacheDir: path.optional(),
  stateDir: path.optional(),
  runtimeDir: path.optional(),
  scan: z
    .strictObject({
      workers: z.int().min(1).max(64).default(2),
      timeout: duration({ minMs: 100, maxMs: 600_000 }).default(10_000),
      lyrics: z.boolean().default(false),
    })
    .prefault({}),
  covers: coversSchema.prefault({}),
  sideFiles: z.boolean().default(true),
  playlists: z.boolean().default(true),
  delta: z.strictObject({ samples: z.int().min(0).max(1000).default(8) }).prefault({}),
  control: controlSchema.prefault({}),
  searchFolders: z
    .strictObject({
      limit: z.int().min(1).max(1000).default(200),
      folders: z.int().min(1).max(1000).default(64),
      keep: duration({ minMs: 1_000, maxMs: 7 * 86_400_000 }).default(3_600_000),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(["debug", "info", "warn", "error"]).default("info") }).prefault({}),
});

export type CheckedConfig = z.output<typeof configSchema>;
