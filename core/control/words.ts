/** An enum of the protos: its names without their prefix, and their numbers. */
type WireEnum = Readonly<Record<string, string | number>>;

/** The word for a value of an enum, as the rest of MusicFS has it: `mounted`, `file-added`. */
export function wordOf(values: WireEnum, value: number): string {
  return String(values[value] ?? "unspecified")
    .toLowerCase()
    .replaceAll("_", "-");
}

/** The value for a word; 0 (unspecified) for one that the enum does not have. */
export function numberOf(values: WireEnum, word: string): number {
  const value = values[word.toUpperCase().replaceAll("-", "_")];
  return typeof value === "number" ? value : 0;
}
