/** What MusicFS itself shows, or may show, at the root of a mount. */
export const RESERVED_NAMES: readonly string[] = [
  ".covers",
  ".musicfs",
  ".search",
  "Collections",
  "Playlists",
];

/** Whether a text is one of `names`, in any case: some who read a mount do not tell cases apart. */
export function isReserved(name: string, names: readonly string[]): boolean {
  const folded = fold(name);
  return names.some((reserved) => fold(reserved) === folded);
}

function fold(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
