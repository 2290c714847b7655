/** A folder of one disc of an album, or of its pictures: what lies in it belongs to the album above. */
const PART_OF_ALBUM =
  /^(?:(?:cd|disc|disk|dvd|vinyl|lp|side|volume|vol)[\s._#-]*(?:\d{1,3}|[a-h]|[ivx]{1,4})(?:$|[^\p{L}\p{N}].*)|scans?|art(?:work)?|booklets?|covers?)$/iu;

/** Path of the folder of the album that a file belongs to, as its path alone tells; `""` is the origin's root. */
export function albumFolderOf(path: string): string {
  const folder = folderOf(path);
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  return folder.includes("/") && PART_OF_ALBUM.test(name) ? folderOf(folder) : folder;
}

/** Path of the folder that holds a file or folder. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
