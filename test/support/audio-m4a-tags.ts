import { formatAtom, formatFullAtom, uint16s, uint32s } from "./audio-m4a-atoms.js";
import type { AudioTags, Cover } from "./audio-options.js";

/** Types of a `data` atom, as iTunes numbers them. */
const BINARY = 0;
const UTF8 = 1;
const JPEG = 13;
const PNG = 14;
const INTEGER = 21;

/** The `meta` atom of iTunes: what belongs into `udta`. */
export function formatItunesTags(tags: AudioTags, cover?: Cover): Buffer {
  const handler = formatFullAtom("hdlr", 0, uint32s(0), Buffer.from("mdirappl", "latin1"), Buffer.alloc(9));
  return formatFullAtom("meta", 0, handler, formatAtom("ilst", ...itemsOf(tags, cover)));
}

function itemsOf(tags: AudioTags, cover: Cover | undefined): Buffer[] {
  const year = tags.year === undefined ? undefined : String(tags.year);
  const items = [
    texts("©nam", tags.title),
    texts("©ART", ...(tags.artists ?? [])),
    texts("aART", ...(tags.albumArtists ?? [])),
    texts("©alb", tags.album),
    texts("©day", year),
    texts("©gen", ...(tags.genres ?? [])),
    texts("©wrt", ...(tags.composers ?? [])),
    texts("©cmt", tags.comment),
    freeForm("LABEL", tags.label),
    freeForm("ORIGINALDATE", tags.originalDate),
    position("trkn", tags.trackNumber, tags.trackTotal, 8),
    position("disk", tags.discNumber, tags.discTotal, 6),
    tags.compilation ? formatAtom("cpil", data(INTEGER, Buffer.of(1))) : undefined,
    cover ? formatAtom("covr", data(cover.mimeType === "image/png" ? PNG : JPEG, cover.data)) : undefined,
  ];
  return items.filter((item) => item !== undefined);
}

function data(type: number, value: Uint8Array): Buffer {
  return formatAtom("data", uint32s(type, 0), value);
}

function texts(name: string, ...values: readonly (string | undefined)[]): Buffer | undefined {
  const given = values.filter((value) => value !== undefined);
  if (given.length === 0) return undefined;
  return formatAtom(name, ...given.map((value) => data(UTF8, Buffer.from(value, "utf8"))));
}

function freeForm(name: string, value: string | undefined): Buffer | undefined {
  if (value === undefined) return undefined;
  const mean = formatFullAtom("mean", 0, Buffer.from("com.apple.iTunes", "latin1"));
  return formatAtom(
    "----",
    mean,
    formatFullAtom("name", 0, Buffer.from(name, "latin1")),
    data(UTF8, Buffer.from(value)),
  );
}

function position(
  name: string,
  number: number | undefined,
  total = 0,
  sizeBytes: number,
): Buffer | undefined {
  if (number === undefined) return undefined;
  const body = Buffer.concat([uint16s(0, number, total), Buffer.alloc(sizeBytes - 6)]);
  return formatAtom(name, data(BINARY, body));
}
