import { z } from "zod";
import { isPlugin, type Plugin } from "../plugin.js";
import { duration } from "./units.js";

/** Text that is used in file names: letters, digits, `.`, `_` and `-`. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  message: "expected at most 64 letters, digits, dots, dashes or underscores",
});
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes("\0"), "a path has no NUL in it");
const plugin = z.custom<Plugin>(isPlugin, "expected a plugin, such as originLocal({ path: … })");
const falsy = z.union([z.literal(false), z.null(), z.undefined(), z.literal(""), z.literal(0)]);

/** What a config may hold, after the flags and the environment were laid over it. */
export const configSchema = z.strictObject({
  name: name.default("default"),
  mountpoint: path,
  plugins: z.array(z.union([plugin, falsy])),
  cacheDir: path.optional(),
  stateDir: path.optional(),
  runtimeDir: path.optional(),
  scan: z
    .strictObject({
      workers: z.number().int().min(1).max(64).default(2),
      timeout: duration()
        .refine((ms) => ms >= 100 && ms <= 600_000, "expected between 100 ms and 10 min")
        .default(10_000),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(["debug", "info", "warn", "error"]).default("info") }).prefault({}),
});

export type CheckedConfig = z.output<typeof configSchema>;

/** Keys that a config may have at a path, for the hint at an unknown one. */
export const KNOWN_KEYS: readonly string[] = [
  ...Object.keys(configSchema.shape),
  "workers",
  "timeout",
  "level",
];
