import { extensionOf } from "../tags/format.js";

/** Names of pictures that are the cover of what lies in their folder, the best first. */
const COVER_NAMES: readonly RegExp[] = [
  /^cover$/iu,
  /^front$/iu,
  /^folder$/iu,
  /^album$/iu,
  /^(?:albumart|artwork)$/iu,
  /(?:^|[\s._(-])(?:cover|front)(?:$|[\s._)-])/iu,
];
/** Formats that players show. */
const COVER_EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["jpg", "jpg"],
  ["jpeg", "jpg"],
  ["png", "png"],
  ["webp", "webp"],
  ["gif", "gif"],
]);

/** How good a cover a picture is by its name, 0 being the best; `undefined` for what is none. */
export function coverRankOf(name: string): number | undefined {
  if (coverExtensionOf(name) === undefined) return undefined;
  const stem = name.slice(0, name.lastIndexOf("."));
  if (/back|inside|inlay|disc|cd\b|spine|booklet/iu.test(stem)) return undefined;
  const rank = COVER_NAMES.findIndex((pattern) => pattern.test(stem));
  return rank < 0 ? undefined : rank;
}

/** Extension of a picture as a cover has it. */
export function coverExtensionOf(name: string): string | undefined {
  return COVER_EXTENSIONS.get(extensionOf(name));
}
