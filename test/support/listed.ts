import type { Origin, OriginFile, UnreadableFolder } from "musicfs";

/** All that an origin lists, in one piece. @throws what the listing does. */
export async function listed(
  origin: Origin,
): Promise<{ files: OriginFile[]; unreadable: UnreadableFolder[] }> {
  const [files, unreadable]: [OriginFile[], UnreadableFolder[]] = [[], []];
  for await (const batch of origin.list(new AbortController().signal)) {
    files.push(...batch.files);
    unreadable.push(...batch.unreadable);
  }
  return { files, unreadable };
}
