/**
 * A name for the folder of each origin: the last part of an id that is a path (`~/Music` becomes `Music`), or
 * the whole id where two would be called the same.
 */
export function folderNames(originIds: readonly string[]): ReadonlyMap<string, string> {
  const short = originIds.map(lastPart);
  const fold = (name: string): string => name.normalize("NFC").toLowerCase();
  const uses = (name: string): number => short.filter((other) => fold(other) === fold(name)).length;
  return new Map(
    originIds.map((id, index) => [id, uses(short[index] ?? id) > 1 ? id : (short[index] ?? id)]),
  );
}

function lastPart(id: string): string {
  return id.split("/").findLast((part) => part !== "") ?? id;
}
