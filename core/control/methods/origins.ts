import type { MessageInitShape } from "@bufbuild/protobuf";
import { MusicfsError, messageOf } from "../../errors.js";
import type { LibraryOrigin } from "../../library/library-origin.js";
import type { ControlContext } from "../context.js";
import { type OriginSchema, OriginState } from "../gen/musicfs/v1/origins_pb.js";
import type { Methods } from "../methods.js";
import { probeOrigin } from "../probe-origin.js";
import { unimplemented } from "./unimplemented.js";

export function originMethods({
  catalogue,
  origins,
}: ControlContext): Pick<Methods, "listOrigins" | "getOriginHealth" | "rescanOrigin" | "confirmOrigin"> {
  return {
    listOrigins: () => ({ origins: origins.map((source) => originMessage(source)) }),

    async getOriginHealth({ originId }, { signal }) {
      const source = requireOrigin(origins, originId);
      const startedMs = performance.now();
      try {
        await probeOrigin(source, catalogue, signal);
        return { origin: originMessage(source), latencyMs: performance.now() - startedMs };
      } catch (error) {
        signal.throwIfAborted();
        return { origin: originMessage({ ...source, error: messageOf(error) }) };
      }
    },

    rescanOrigin: unimplemented("control of origins"),
    confirmOrigin: unimplemented("control of origins"),
  };

  function originMessage({ origin, number, error }: LibraryOrigin): MessageInitShape<typeof OriginSchema> {
    return {
      id: origin.id,
      state: error === undefined ? OriginState.CONNECTED : OriginState.DISCONNECTED,
      ...(error === undefined ? {} : { error }),
      files: catalogue.files.count(number),
      ...(origin.local ? { localRoot: origin.local.root } : {}),
    };
  }
}

/** The origin with this id. @throws `MFS_NOT_FOUND` */
export function requireOrigin(origins: readonly LibraryOrigin[], id: string): LibraryOrigin {
  const found = origins.find(({ origin }) => origin.id === id);
  if (found) return found;
  const known = origins.map(({ origin }) => `'${origin.id}'`).join(", ");
  throw new MusicfsError("MFS_NOT_FOUND", `no origin has the id '${id}'; there is ${known}`, {
    hint: "List them: musicfs origin list",
  });
}
