import type { GetMetadataResponse, Track } from "../control/gen/musicfs/v1/metadata_pb.js";
import { plainOf } from "../control/plain.js";
import { escapeControls } from "../text.js";
import { askAboutPath } from "./about-path.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatDuration, formatPairs } from "./format.js";
import { printJson, printLine } from "./output.js";

/** `musicfs metadata PATH` @throws `MFS_NOT_FOUND` when nothing lies there. */
export async function showMetadata(
  path: string,
  { json, ...flags }: GlobalOptions & { json?: boolean },
): Promise<void> {
  const answer = await askAboutPath(path, flags, (client, request, options) =>
    client.getMetadata(request, options),
  );
  if (json) return printJson(plainOf(answer));
  for (const line of formatPairs(pairsOf(answer))) printLine(escapeControls(line));
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
