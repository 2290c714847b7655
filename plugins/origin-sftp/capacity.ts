import { type OriginCapacity, OriginError } from "musicfs";
import { originErrorOf } from "./errors.js";
import { requireType, type Session } from "./session.js";
import { ANSWER, EXTENSION, REQUEST } from "./wire/protocol.js";

/**
 * What the server tells of the disk under the root, where it has OpenSSH's extension.
 *
 * @param server names the server, so that two origins on one of its disks count that once.
 * @throws OriginError
 */
export async function capacityOf(session: Session, server: string): Promise<OriginCapacity> {
  const { channel } = session;
  if (!channel.hasExtension(EXTENSION.statvfs)) {
    throw new OriginError("refused", "the server does not tell of its disk");
  }
  const root = session.locate("");
  const { type, fields } = await channel
    .request(REQUEST.extended, EXTENSION.statvfs, root)
    .catch((error: unknown) => {
      throw originErrorOf(error, root.toString());
    });
  requireType(type, ANSWER.extended);
  // Eleven numbers, as statvfs(3) has them; the identifier is raw bits, which may be too large for a number.
  fields.uint64();
  const unitBytes = fields.uint64();
  const blocks = fields.uint64();
  fields.uint64();
  const available = fields.uint64();
  for (let left = 3; left > 0; left--) fields.uint64();
  const disk = fields.raw(8).toString("hex");
  return {
    totalBytes: unitBytes * blocks,
    freeBytes: Math.min(available, blocks) * unitBytes,
    device: `sftp:${server}:${disk}`,
  };
}
