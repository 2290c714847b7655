import { MusicfsError, sendSuccessfully, z } from "musicfs";

export interface PlexServer {
  readonly url: string;
  readonly token: string;
}

interface Section {
  readonly key: string;
  readonly paths: readonly string[];
}

const sectionsSchema = z.object({
  MediaContainer: z.object({
    Directory: z
      .array(
        z.object({
          key: z.string().regex(/^\d{1,9}$/u),
          Location: z.array(z.object({ path: z.string() })).default([]),
        }),
      )
      .default([]),
  }),
});

/**
 * Has Plex look at `folders` below `root`, or at all of it, in every library that shows a part of it.
 *
 * @throws `MFS_REQUEST_FAILED` when the server does not answer or refuses, or no library lies there.
 */
export async function refreshPlex(
  server: PlexServer,
  root: string,
  folders: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  const sections = (await listSections(server, signal)).filter(({ paths }) =>
    paths.some((path) => isWithin(path, root) || isWithin(root, path)),
  );
  if (sections.length === 0) {
    throw new MusicfsError("MFS_REQUEST_FAILED", `no library of Plex shows ${root}`);
  }
  for (const { key, paths } of sections) {
    for (const path of pathsToRefresh(paths, root, folders)) await refresh(server, key, path, signal);
  }
}

// A library may show one folder of the mount, or a folder above it.
function pathsToRefresh(
  shown: readonly string[],
  root: string,
  folders: readonly string[] | undefined,
): string[] {
  const changed = folders?.map((name) => `${root}/${name}`) ?? [root];
  const paths = changed.flatMap((path) =>
    shown.flatMap((top) => (isWithin(path, top) ? [path] : isWithin(top, path) ? [top] : [])),
  );
  return [...new Set(paths)];
}

async function listSections(server: PlexServer, signal: AbortSignal): Promise<Section[]> {
  const { text } = await get(server, "/library/sections", signal);
  const parsed = sectionsSchema.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new MusicfsError("MFS_REQUEST_FAILED", "Plex listed its libraries in no known form");
  return parsed.data.MediaContainer.Directory.map(({ key, Location }) => ({
    key,
    paths: Location.map(({ path }) => path),
  }));
}

async function refresh(server: PlexServer, key: string, path: string, signal: AbortSignal): Promise<void> {
  await get(server, `/library/sections/${key}/refresh?path=${encodeURIComponent(path)}`, signal);
}

function get({ url, token }: PlexServer, route: string, signal: AbortSignal) {
  const headers = { accept: "application/json", "x-plex-token": token };
  return sendSuccessfully({ url: `${url}${route}`, headers }, signal);
}

function isWithin(path: string, folder: string): boolean {
  const top = folder.replace(/\/+$/u, "");
  return path === top || path.startsWith(`${top}/`);
}
