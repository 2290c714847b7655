import { relative } from "node:path";
import { callControl, fetchStatus } from "../control/client.js";
import type { GetMetadataResponse, Track } from "../control/gen/musicfs/v1/metadata_pb.js";
import { plainOf } from "../control/plain.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatDuration, formatPairs } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";

/** `musicfs metadata PATH` @throws `MFS_NOT_FOUND` when nothing lies there. */
export async function showMetadata(
  path: string,
  { json, ...flags }: GlobalOptions & { json?: boolean },
): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { mountpoint } = await fetchStatus(socketPath);
  const answer = await callControl(socketPath, (client, options) =>
    client.getMetadata({ path: belowMountpoint(path, mountpoint) }, options),
  );
  if (json) return printJson(plainOf(answer));
  for (const line of formatPairs(pairsOf(answer))) printLine(escapeControls(line));
}

/** A path of the tree: people paste what their file manager shows. */
export function belowMountpoint(path: string, mountpoint: string): string {
  const below = relative(mountpoint, path);
  return path === mountpoint || path.startsWith(`${mountpoint}/`) ? `/${below}` : path;
}

function pairsOf({ path, kind, ino, sizeBytes, track }: GetMetadataResponse): (readonly [string, string])[] {
  return [
    ["path", path],
    ["kind", `${kind}, inode ${ino}`],
    ...(kind === "directory" ? [] : [["size", formatBytes(Number(sizeBytes))] as const]),
    ...(track ? trackPairs(track) : []),
  ];
}

function trackPairs(track: Track): (readonly [string, string])[] {
  const { audio } = track;
  const pairs: [string, string | undefined][] = [
    ["title", track.title],
    ["artist", track.artists.join("; ")],
    ["album artist", track.albumArtists.join("; ")],
    ["album", track.album],
    ["track", numberOf(track.trackNumber, track.trackTotal)],
    ["disc", numberOf(track.discNumber, track.discTotal)],
    ["year", track.year?.toString()],
    ["first release", track.originalDate],
    ["genre", track.genres.join("; ")],
    ["composer", track.composers.join("; ")],
    ["label", track.label],
    ["comment", track.comment],
    ["compilation", track.compilation ? "yes" : undefined],
    ["format", [audio?.format, audio?.codec].filter(Boolean).join(", ")],
    ["duration", audio?.durationMs === undefined ? undefined : formatDuration(audio.durationMs)],
    ["problem", track.problem],
    ["origin", track.originId],
    ["origin path", track.originPath],
  ];
  return pairs.filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== "");
}

function numberOf(number: number | undefined, total: number | undefined): string | undefined {
  return number === undefined ? undefined : `${number}${total === undefined ? "" : ` of ${total}`}`;
}
