import { Code, ConnectError } from "@connectrpc/connect";

/** Answers a method whose part of MusicFS is not there. */
export function unimplemented(missing: string): () => never {
  return () => {
    throw new ConnectError(`this MusicFS has no ${missing}`, Code.Unimplemented);
  };
}
