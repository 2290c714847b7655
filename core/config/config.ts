import type { Collection, NamedCollection } from "../model/collection.js";
import type { Plugin } from "../plugin.js";
import type { Secret } from "../secrets/secret.js";
import type { ViewEntry } from "./view-entries.js";

/** What a config file says. Falsy entries of `plugins` are dropped, so that one can stand behind a condition. */
export interface UserConfig {
  /** Tells several instances on one machine apart: part of their folders and sockets. @default "default" */
  name?: string;
  /** Folder to mount at; made when missing, refused when not empty. Relative paths are relative to the config. */
  mountpoint?: string;
  /**
   * Origins, a layout, a mount driver and others, in any number and order. What a library cannot do without is
   * filled in: `layoutArtistAlbum()`, `chunkerFastcdc()`, `cacheLru()`, `mountFuse()`.
   */
  plugins: readonly (Plugin | false | null | undefined | "" | 0)[];
  /**
   * Several trees at once, each with a layout of its own, by where they lie in the mount: `"/"`, `"/By Genre"`.
   * A layout in `plugins` is that of `"/"`. @default the layout in `plugins`, at `"/"`
   */
  views?: Readonly<Record<string, Plugin | false | null | undefined | "" | 0>>;
  /**
   * What happens to the path of a track whose tags or whose place in the origin change: `"live"` moves it to where
   * the layout wants it now, `"stable"` leaves it until the layout itself is another one. @default "live"
   */
  paths?: "live" | "stable";
  /**
   * Folders below `/Collections`, by their names: `recentlyAdded()`, `mostPlayed()`, `recentlyPlayed()`, a query as
   * `query("year:1984")` or just as text, or a collection of your own.
   */
  collections?: Readonly<Record<string, Collection | string | false | null | undefined | 0>>;
  /**
   * Which systems the names in the tree suit: any of POSIX, or Windows and SMB, too, which do not tell cases
   * apart. @default "posix"
   */
  names?: "posix" | "portable";
  /** @default "$XDG_CACHE_HOME/musicfs/<name>" */
  cacheDir?: string;
  /** Holds the catalogue and the log; survives the loss of the cache. @default "$XDG_STATE_HOME/musicfs/<name>" */
  stateDir?: string;
  /** Holds the control socket. @default "$XDG_RUNTIME_DIR/musicfs" */
  runtimeDir?: string;
  /** How tags are read. */
  scan?: {
    /** Threads that read tags. @default 2 */
    workers?: number;
    /** Longest that one file may take: milliseconds, or text such as `"10 s"`. @default "10 s" */
    timeout?: number | string;
    /** Whether lyrics are read, too, and found by words; a few kilobytes a track. @default false */
    lyrics?: boolean;
  };
  /** The cover that each album shows. */
  covers?: {
    /**
     * What is one, the best first: names of pictures in the album's folder, without extension, in which `*` stands for
     * other words, and `"embedded"`. Without any, no album has one.
     * @default ["cover", "front", "folder", "album", "albumart", "artwork", "*cover*", "*front*", "embedded"]
     */
    priority?: readonly string[];
    /**
     * Longest sides, in pixels, of the smaller ones at `<album>/.covers/<size>/cover.jpg`; at most 8. They need the
     * package `sharp`. @default [150, 300, 600, 1200]
     */
    sizes?: readonly number[];
    /** What the smaller ones may take of the disk: bytes, or text such as `"1 GiB"`. @default "256 MiB" */
    maxBytes?: number | string;
  };
  /** Whether lyrics, cue sheets, booklets and pictures follow their tracks and albums. @default true */
  sideFiles?: boolean;
  /** Whether the playlists of the origins are shown under `/Playlists`. @default true */
  playlists?: boolean;
  /** What is taken of a changed file from the version that is in the cache. */
  delta?: {
    /**
     * Places in which the audio of both versions is compared where the origin has no checksums; with 0 only files
     * that hold a checksum of their audio (FLAC) are not fetched anew. @default 8
     */
    samples?: number;
  };
  /** The control API, beside its Unix socket. */
  control?: {
    /** Serves it on TCP, too. */
    tcp?: TcpSettings;
  };
  /** The folders `/.search/<query>/`. */
  searchFolders?: {
    /** Most tracks in one, up to 1000. @default 200 */
    limit?: number;
    /** Most folders that are kept at a time. @default 64 */
    folders?: number;
    /** How long one is kept after it was made: milliseconds, or text such as `"1 h"`. @default "1 h" */
    keep?: number | string;
  };
  log?: {
    /** @default "info" */
    level?: "debug" | "info" | "warn" | "error";
  };
}

/** How the control API is served on TCP. */
export interface TcpSettings {
  port: number;
  /** Address to listen on. One that others can reach needs `tls`. @default "127.0.0.1" */
  host?: string;
  /** What callers send as `Authorization: Bearer …`: text, or where it is kept; 16 characters or more. */
  token: string | { env: string } | { file: string } | { credential: string };
  /** Certificate, with those that it was signed by, and key, in PEM. Relative paths are relative to the config. */
  tls?: { certFile: string; keyFile: string };
  /** Names by which callers may address the server, beside `host` and those of loopback. @default [] */
  allowedHosts?: readonly string[];
}

/** A config after checking: every path absolute, every default filled in, every quantity in its unit. */
export interface Config {
  readonly name: string;
  readonly mountpoint: string;
  readonly plugins: readonly Plugin[];
  /** The views that have a layout of their own; that of `/` may be among `plugins` instead. */
  readonly views: readonly ViewEntry[];
  readonly paths: "live" | "stable";
  readonly names: "posix" | "portable";
  readonly cacheDir: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** `<runtimeDir>/<name>.sock` */
  readonly socketPath: string;
  readonly scan: { readonly workers: number; readonly timeoutMs: number; readonly lyrics: boolean };
  readonly covers: CoversConfig;
  readonly sideFiles: boolean;
  readonly playlists: boolean;
  readonly delta: { readonly samples: number };
  readonly control: { readonly tcp?: TcpConfig };
  readonly collections: readonly NamedCollection[];
  readonly searchFolders: { readonly limit: number; readonly folders: number; readonly keepMs: number };
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** The file that it came from. */
  readonly configFile: string;
  readonly configDir: string;
}

/** Which covers are shown. */
export interface CoversConfig {
  readonly priority: readonly string[];
  /** In pixels, ascending. */
  readonly sizes: readonly number[];
  readonly maxBytes: number;
}

/** {@link TcpSettings} after checking. */
export interface TcpConfig {
  readonly port: number;
  readonly host: string;
  readonly token: Secret;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly allowedHosts: readonly string[];
}
