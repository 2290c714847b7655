import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import { bytesAt, pictureAt } from "./picture.js";

const MAX_ATOMS = 2000;
const FRONT_COVER = 3;

interface Atom {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Covers of an MP4: `moov.udta.meta.ilst.covr`, each `data` atom in it being one (QuickTime File Format, 'Metadata'). */
export async function picturesOfMp4(reader: BlockReader): Promise<EmbeddedPicture[]> {
  const budget = { atoms: MAX_ATOMS };
  let inside: Atom | undefined = { name: "", from: 0, to: reader.sizeBytes };
  for (const name of ["moov", "udta", "meta", "ilst", "covr"]) {
    inside = await find(reader, inside, name, budget);
    if (!inside) return [];
    // `meta` has a version and flags before its atoms, except in old QuickTime files.
    if (name === "meta" && (await bytesAt(reader, inside.from, 4)).every((byte) => byte === 0)) {
      inside = { ...inside, from: inside.from + 4 };
    }
  }
  const pictures: EmbeddedPicture[] = [];
  for await (const atom of atoms(reader, inside, budget)) {
    // The type of the value and a locale stand before the data.
    const picture =
      atom.name === "data" && (await pictureAt(reader, FRONT_COVER, atom.from + 8, atom.to - atom.from - 8));
    if (picture) pictures.push(picture);
  }
  return pictures;
}

async function find(
  reader: BlockReader,
  inside: Atom,
  name: string,
  budget: { atoms: number },
): Promise<Atom | undefined> {
  for await (const atom of atoms(reader, inside, budget)) if (atom.name === name) return atom;
  return undefined;
}

async function* atoms(reader: BlockReader, inside: Atom, budget: { atoms: number }): AsyncGenerator<Atom> {
  for (let at = inside.from; at + 8 <= inside.to && budget.atoms-- > 0; ) {
    const header = await bytesAt(reader, at, 16);
    if (header.length < 8) return;
    const short = header.readUInt32BE(0);
    const isLong = short === 1 && header.length === 16;
    const size = isLong ? Number(header.readBigUInt64BE(8)) : short === 0 ? inside.to - at : short;
    const from = at + (isLong ? 16 : 8);
    const to = at + size;
    if (to < from || to > inside.to) return;
    yield { name: header.toString("latin1", 4, 8), from, to };
    at = to;
  }
}
