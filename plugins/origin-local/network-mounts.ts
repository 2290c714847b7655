import { statfs } from "node:fs/promises";

/**
 * Filesystems whose changes may be made elsewhere, of which inotify says nothing (inotify(7)), by the magic
 * numbers of statfs(2), `linux/magic.h` and the filesystems' own sources.
 */
const REMOTE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB 2"],
  [0x65735546, "FUSE"],
  [0x01021997, "9P"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x73757245, "Coda"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
  [0x7461636f, "OCFS2"],
  [0x01161970, "GFS2"],
  [0x786f4256, "a shared folder of VirtualBox"],
]);

/** What kind of filesystem a folder is on, where changes of it may go unnoticed; `undefined` for a local disk. */
export async function remoteTypeOf(folder: string | Buffer): Promise<string | undefined> {
  const { type } = await statfs(folder);
  return REMOTE_TYPES.get(type >>> 0);
}
