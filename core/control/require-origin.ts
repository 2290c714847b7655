import { MusicfsError } from "../errors.js";
import type { LibraryOrigin } from "../library/library-origin.js";

/** The origin with this id. @throws `MFS_NOT_FOUND` */
export function requireOrigin<Source extends LibraryOrigin>(origins: readonly Source[], id: string): Source {
  const found = origins.find(({ origin }) => origin.id === id);
  if (found) return found;
  const known = origins.map(({ origin }) => `'${origin.id}'`).join(", ");
  throw new MusicfsError("MFS_NOT_FOUND", `no origin has the id '${id}'; there is ${known}`, {
    hint: "List them: musicfs origin list",
  });
}
