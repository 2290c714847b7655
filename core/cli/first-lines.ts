import type { CatalogueReader } from "../catalogue/reader.js";
import { isAudioName } from "../library/tags/format.js";
import { type DirectoryEntry, ROOT_INO } from "../model/entry.js";
import { escapeControls } from "../text.js";
import { formatCount, formatCounted } from "./format.js";
import { readAll, sortEntries } from "./tree-walk.js";

const MAX_LINES = 14;
/** Entries of a folder that are looked at: this must take no time in a folder of 100,000. */
const MAX_ENTRIES = 1000;

/** The beginning of the tree, to show that it is there: two levels of folders, with what is in them. */
export function firstLines(reader: CatalogueReader): string[] {
  const top = readAll(reader, ROOT_INO, MAX_ENTRIES);
  const lines: string[] = [];
  let shown = 0;
  for (const entry of sortEntries(top)) {
    const block = linesOf(reader, entry);
    if (shown > 0 && lines.length + block.length > MAX_LINES) break;
    lines.push(...block.slice(0, MAX_LINES));
    shown++;
  }
  const more = top.length - shown;
  if (more === 0) return lines;
  return [...lines, `… and ${formatCount(more)}${top.length === MAX_ENTRIES ? " or more" : ""} others`];
}

function linesOf(reader: CatalogueReader, entry: DirectoryEntry): string[] {
  if (entry.kind !== "directory") return [escapeControls(entry.name)];
  const inner = readAll(reader, entry.ino, MAX_ENTRIES);
  const folders = sortEntries(inner.filter(({ kind }) => kind === "directory"));
  return [
    folderLine(entry, countTracks(inner)),
    ...folders.map(
      (folder) => `  ${folderLine(folder, countTracks(readAll(reader, folder.ino, MAX_ENTRIES)))}`,
    ),
  ];
}

function folderLine({ name }: DirectoryEntry, tracks: number): string {
  return `${escapeControls(name)}/${tracks > 0 ? `  (${formatCounted(tracks, "track")})` : ""}`;
}

// Covers and lyrics lie beside them.
function countTracks(entries: readonly DirectoryEntry[]): number {
  return entries.filter(({ kind, name }) => kind === "file" && isAudioName(name)).length;
}
