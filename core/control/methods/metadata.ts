import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FileRow } from "../../catalogue/files.js";
import { findNode } from "../../catalogue/find-node.js";
import { MusicfsError } from "../../errors.js";
import type { AudioProperties } from "../../model/track.js";
import type { ControlContext } from "../context.js";
import type { AudioPropertiesSchema, TrackSchema } from "../gen/musicfs/v1/metadata_pb.js";
import type { Methods } from "../methods.js";

export function metadataMethods({ catalogue, origins }: ControlContext): Pick<Methods, "getMetadata"> {
  const originIds = new Map(origins.map(({ number, origin }) => [number, origin.id]));
  return {
    getMetadata(request) {
      const found = findNode(catalogue.reader, request.path);
      if (!found) throw new MusicfsError("MFS_NOT_FOUND", `nothing lies at '${request.path}' in the tree`);
      const { path, node } = found;
      const file = node.kind === "file" ? catalogue.files.byIno(node.ino) : undefined;
      return {
        path,
        kind: node.kind !== "file" ? node.kind : file ? "track" : "generated",
        ino: BigInt(node.ino),
        sizeBytes: BigInt(node.kind === "directory" ? 0 : node.sizeBytes),
        ...(file ? { track: trackMessage(file, originIds.get(file.originNumber) ?? "") } : {}),
      };
    },
  };

  function trackMessage(file: FileRow, originId: string): MessageInitShape<typeof TrackSchema> {
    const tagged = catalogue.files.tagged(file);
    const problem = catalogue.problems.of(file.id);
    return {
      ...(tagged ? { ...tagged.tags, artists: [...tagged.tags.artists] } : {}),
      albumArtists: [...(tagged?.tags.albumArtists ?? [])],
      genres: [...(tagged?.tags.genres ?? [])],
      composers: [...(tagged?.tags.composers ?? [])],
      originId,
      originPath: file.path,
      sizeBytes: BigInt(file.sizeBytes),
      modifiedUnixMs: file.mtimeMs,
      ...(tagged ? { audio: audioMessage(tagged.audio) } : {}),
      ...(problem ? { problem: problem.code } : {}),
    };
  }
}

// A header may claim any rate; a whole number is what the message holds.
function audioMessage(audio: AudioProperties): MessageInitShape<typeof AudioPropertiesSchema> {
  const { sampleRateHz, ...rest } = audio;
  return { ...rest, ...(sampleRateHz === undefined ? {} : { sampleRateHz: Math.round(sampleRateHz) }) };
}
