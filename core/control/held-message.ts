import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HeldRemoval } from "../model/origin.js";
import type { HeldRemoval as HeldRemovalMessage, HeldRemovalSchema } from "./gen/musicfs/v1/origins_pb.js";

/** A removal that is held, as it goes over the wire. */
export function heldMessage({
  files,
  ofFiles,
  sinceMs,
}: HeldRemoval): MessageInitShape<typeof HeldRemovalSchema> {
  return { files, ofFiles, sinceUnixMs: BigInt(Math.round(sinceMs)) };
}

/** What {@link heldMessage} made, back again. */
export function heldOf({ files, ofFiles, sinceUnixMs }: HeldRemovalMessage): HeldRemoval {
  return { files, ofFiles, sinceMs: Number(sinceUnixMs) };
}
