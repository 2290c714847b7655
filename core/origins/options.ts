import { z } from "zod";
import { duration, size } from "../config/units.js";

/** What the options of every origin begin with; a plugin may have other defaults for some of them. */
export interface OriginOptionDefaults {
  /** @default 5 minutes */
  readonly pollInterval?: number;
  /** @default 8 */
  readonly concurrency?: number;
}

/**
 * The options that all origins have in common: to be spread into a plugin's own schema. What they mean is done by the
 * core, which finds them in `Origin.settings` (`OriginSettings`); the plugin does nothing about them, but gives no origin when
 * `enabled` is false.
 */
export function originOptions({ pollInterval = 300_000, concurrency = 8 }: OriginOptionDefaults = {}) {
  return {
    /** Names the origin in the catalogue; two origins need two ids. It must not change. */
    id: z.string().min(1).max(200).optional(),
    /** `false`: the origin is not opened, and what is known of it is kept. @default true */
    enabled: z.boolean().default(true),
    /** Of several sources of one track, the one with the highest number is read. @default 0 */
    priority: z.int().min(-1000).max(1000).default(0),
    /** How often it is listed where nobody tells of changes; `0` for never; a tenth more or less each time. */
    pollInterval: duration({ minMs: 0, maxMs: 7 * 86_400_000 }).default(pollInterval),
    /** Most requests at one time. */
    concurrency: z.int().min(1).max(256).default(concurrency),
    /** Longest that one request may take, with all of its bytes. @default 30 s */
    timeout: duration({ minMs: 100, maxMs: 3_600_000 }).default(30_000),
    /** Longest that an answer may stand still. @default 5 s */
    idleTimeout: duration({ minMs: 100, maxMs: 600_000 }).default(5_000),
    /** Most bytes a second that are read of it; absent for no limit. */
    bandwidth: size({ minBytes: 1024 }).optional(),
    /**
     * Where another origin has the same track: whether that is asked, too, when this one takes longer than 95 of 100 of its
     * last reads did. @default false
     */
    hedge: z.boolean().default(false),
    /**
     * Whether what is read of it is kept in the cache. `false` for a server that is as near as the cache's disk: then each read
     * asks it anew. A size (bytes, or text such as `"20 GiB"`): so much of it at most, within the cache's own limit.
     * @default true
     */
    keep: z.union([z.boolean(), size({ minBytes: 1 })]).default(true),
  };
}
