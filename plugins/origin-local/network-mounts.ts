import { readFile, statfs } from "node:fs/promises";

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

/** Filesystems behind which there is a server, which may hang, by the names of proc(5)'s mountinfo. */
const NETWORK_TYPES = new Set([
  ..."nfs nfs4 cifs smb3 smbfs 9p afs ceph coda lustre gfs2 ocfs2 davfs".split(" "),
  ...["sshfs", "rclone", "s3fs", "davfs", "davfs2", "smbnetfs", "gvfsd-fuse", "curlftpfs", "glusterfs"].map(
    (program) => `fuse.${program}`,
  ),
]);

/**
 * The type of the network filesystem that a folder is on; `undefined` where it is on none. Asks the system's table of
 * mounts, and not the folder: that could hang.
 *
 * @param folder absolute
 */
export async function networkTypeAt(folder: string): Promise<string | undefined> {
  const table = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  let [longest, found] = [-1, ""];
  for (const line of table.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const mountpoint = unescapeOctal(before.split(" ")[4] ?? "");
    if (mountpoint === "" || mountpoint.length < longest || !isBelow(folder, mountpoint)) continue;
    const [type = "", source = ""] = after.split(" ");
    longest = mountpoint.length;
    // davfs2 names only its server.
    found = type === "fuse" && /^https?:/u.test(source) ? "davfs" : type;
  }
  return NETWORK_TYPES.has(found) ? found : undefined;
}

function isBelow(folder: string, mountpoint: string): boolean {
  return mountpoint === "/" || folder === mountpoint || folder.startsWith(`${mountpoint}/`);
}

// Spaces, tabs, line breaks and backslashes stand as three octal digits.
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/gu, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
