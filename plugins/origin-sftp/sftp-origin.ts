import { type Origin, OriginError, type OriginSettings } from "musicfs";
import { capacityOf } from "./capacity.js";
import { originErrorOf } from "./errors.js";
import { fileOf, kindOf } from "./file-kind.js";
import { isInside, lookAt, requireRoot } from "./look.js";
import { SessionPool } from "./pool.js";
import { readRange } from "./read.js";
import type { SessionOptions } from "./session.js";
import { walk } from "./walk.js";

export interface SftpOriginOptions extends Omit<SessionOptions, "idleMs" | "connectTimeoutMs"> {
  readonly id: string;
  readonly settings: OriginSettings;
  /** Most connections at one time. */
  readonly maxConnections: number;
}

/** Opens a folder of an SFTP server as an origin; nothing is connected before it is needed. */
export function openSftpOrigin({ id, settings, ...options }: SftpOriginOptions): Origin {
  const { followSymlinks, host, port } = options;
  const pool = new SessionPool({
    ...options,
    idleMs: settings.idleTimeout,
    // To log in takes several round trips, each of which may take so long.
    connectTimeoutMs: Math.min(settings.timeout, 3 * settings.idleTimeout),
  });
  return {
    id,
    settings,
    pollIntervalMs: settings.pollInterval,

    async *list(signal, paths) {
      const session = await pool.use(signal, async (chosen) => chosen);
      session.users++;
      try {
        yield* walk(session, paths, followSymlinks, signal);
      } finally {
        session.users--;
      }
    },

    stat: (path, signal) =>
      pool.use(signal, async (session) => {
        const [, found] = await Promise.all([
          requireRoot(session),
          isInside(path) ? lookAt(session, path, followSymlinks) : undefined,
        ]).catch((error: unknown) => {
          throw originErrorOf(error, path);
        });
        if (!found || kindOf(found.attributes) !== "file") return undefined;
        const isReal = found.realPath.equals(session.locate(path));
        return isReal || followSymlinks ? fileOf(path, found.attributes) : undefined;
      }),

    async read(file, offsetBytes, lengthBytes, signal, target) {
      if (!isInside(file.path)) throw new OriginError("missing", `'${file.path}' is no path of a file`);
      return pool.use(signal, (session) =>
        readRange(session, file, offsetBytes, lengthBytes, signal, target),
      );
    },

    probe: (signal) => pool.use(signal, requireRoot),

    capacity: (signal) => pool.use(signal, (session) => capacityOf(session, `${host}:${port}`)),

    async close() {
      pool.close();
    },
  };
}
