import { splitExtension } from "./names.js";

/** What the folders and the name of a file tell of it, by the ways in which people name them. */
export interface Place {
  /** What is left of the name without its extension, numbers and artist. */
  readonly title: string;
  readonly extension: string;
  readonly trackNumber?: number;
  readonly discNumber?: number;
  /** As the file's name has it: `01 - Artist - Title`. */
  readonly trackArtist?: string;
  /** As the folders have it; empty where there are none. */
  readonly artist: string;
  readonly album: string;
  readonly year?: number;
  /** Whether a folder names artist and album in one: `Artist - Album (2001)`. */
  readonly isPlain: boolean;
}

/** `01 - Title`, `01. Title`, `1-01 Title`: an optional disc, a track number, and what follows. */
const NUMBERED = /^(?:(\d{1,2})[-.])?(\d{1,3})(?:\s*[-–._]\s*|\s+)(?=\S)(.*)$/u;
/** `Artist - Title`, the blanks being what tells it from a hyphen. */
const CREDITED = /^(\S.*?)\s+[-–]\s+(\S.*)$/u;
/** `Artist - Album - 01 - Title`. */
const WHOLE = /^(\S.*?)\s+[-–]\s+(\S.*?)\s+[-–]\s+(\d{1,3})\s*[-–.]?\s+(\S.*)$/u;
const DISC_FOLDER = /^(?:cd|disc|disk|dvd|vinyl|lp)[\s._#-]*(\d{1,2})(?:$|[^\p{L}\p{N}])/iu;
const YEAR = "((?:19|20)\\d\\d)";
/** `Album (2001)`, `Album [2001] [FLAC]`: a year in brackets, with anything in brackets behind it. */
const YEAR_BEHIND = new RegExp(`^(.*\\S)\\s*[(\\[]${YEAR}[)\\]](?:\\s*[(\\[{][^)\\]}]*[)\\]}])*$`, "u");
/** `2001 - Album`, `(2001) Album`, `[2001] Album`. */
const YEAR_BEFORE = new RegExp(`^(?:[(\\[]${YEAR}[)\\]]\\s*[-–]?|${YEAR}\\s*[-–.])\\s*(\\S.*)$`, "u");
/** Folders that gather artists or albums and are none themselves. */
const GATHERING =
  /^(?:music|musik|musique|m[uú]sica|audio|songs?|albums?|singles?|downloads?|incoming|unsorted|various|compilations?|soundtracks?|flac|mp3s?|lossless|lossy|[a-z0-9#])$/iu;

/** Reads a path of an origin. Pure, and total: any path gives something. */
export function placeOf(path: string): Place {
  const segments = path.split("/");
  const { stem, extension } = splitExtension(segments.pop() ?? "");
  const disc = DISC_FOLDER.exec(segments.at(-1) ?? "");
  if (disc && segments.length > 1) segments.pop();
  const folders = foldersOf(segments);
  const name = nameOf(stem);
  const discNumber = name.discNumber ?? (disc ? Number(disc[1]) : undefined);
  return {
    ...folders,
    ...name,
    extension: extension.slice(1).toLowerCase(),
    ...(discNumber === undefined ? {} : { discNumber }),
  };
}

type FileName = Pick<Place, "title" | "trackNumber" | "discNumber" | "trackArtist">;

function nameOf(stem: string): FileName {
  const whole = WHOLE.exec(stem);
  if (whole) return { title: whole[4] ?? "", trackNumber: Number(whole[3]), trackArtist: whole[1] ?? "" };
  const numbered = NUMBERED.exec(stem);
  const credited = CREDITED.exec(numbered?.[3] ?? stem);
  return {
    title: credited?.[2] ?? numbered?.[3] ?? stem,
    ...(credited?.[1] === undefined ? {} : { trackArtist: credited[1] }),
    ...(numbered ? { trackNumber: Number(numbered[2]) } : {}),
    ...(numbered?.[1] ? { discNumber: Number(numbered[1]) } : {}),
  };
}

function foldersOf(segments: readonly string[]): Pick<Place, "artist" | "album" | "year" | "isPlain"> {
  const above = segments.at(-2) ?? "";
  const { name, year } = withoutYear(segments.at(-1) ?? "");
  const credited = CREDITED.exec(name);
  const told = year === undefined ? {} : { year };
  if (credited) {
    const [, artist = "", rest = ""] = credited;
    const { name: album, year: inner } = withoutYear(rest);
    const isSaid = year !== undefined || inner !== undefined;
    const isSure = above === "" || GATHERING.test(above) || isSame(above, artist) || isSaid;
    const whole = inner === undefined ? told : { year: inner };
    if (isSure) return { artist, album, isPlain: isSaid || isSame(above, artist), ...whole };
  }
  return { artist: GATHERING.test(above) ? "" : above, album: name, isPlain: false, ...told };
}

function withoutYear(folder: string): { name: string; year?: number } {
  const behind = YEAR_BEHIND.exec(folder);
  if (behind) return { name: behind[1] ?? folder, year: Number(behind[2]) };
  const before = YEAR_BEFORE.exec(folder);
  if (before) return { name: before[3] ?? folder, year: Number(before[1] ?? before[2]) };
  return { name: folder };
}

function isSame(a: string, b: string): boolean {
  return a.normalize("NFC").toLowerCase() === b.normalize("NFC").toLowerCase();
}
