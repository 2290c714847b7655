import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SearchStatus as SearchStatusMessage } from "./gen/musicfs/v1/search_pb.js";
import {
  type GetStatusResponse,
  type GetStatusResponseSchema,
  InstanceState,
} from "./gen/musicfs/v1/status_pb.js";
import { heldMessage, heldOf } from "./held-message.js";
import { scanMessage, scanOf } from "./scan-message.js";
import type { OriginStatus, SearchStatus, Status } from "./status.js";
import { numberOf, wordOf } from "./words.js";

/** The status as it goes over the wire. */
export function statusMessage(status: Status): MessageInitShape<typeof GetStatusResponseSchema> {
  return {
    ...status,
    state: numberOf(InstanceState, status.state),
    uptimeMs: BigInt(status.uptimeMs),
    bytes: BigInt(status.bytes),
    scan: scanMessage(status.scan),
    origins: status.origins.map(({ held, ...origin }) => ({
      ...origin,
      ...(held ? { held: heldMessage(held) } : {}),
    })),
    requests: Object.fromEntries(
      Object.entries(status.requests).map(([kind, count]) => [kind, BigInt(count)]),
    ),
    copiedBytes: BigInt(status.copiedBytes),
    passthroughOpens: BigInt(status.passthroughOpens),
    passthroughBytes: BigInt(status.passthroughBytes),
    passthroughFailures: BigInt(status.passthroughFailures),
    openFiles: BigInt(status.openFiles),
    rssBytes: BigInt(status.rssBytes),
    search: status.search,
  };
}

/** What {@link statusMessage} made, back again. */
export function statusOf(message: GetStatusResponse): Status {
  const { version, pid, name, mountpoint, driver, tracks, directories } = message;
  return {
    version,
    pid,
    name,
    state: wordOf(InstanceState, message.state) as Status["state"],
    mountpoint,
    driver,
    uptimeMs: Number(message.uptimeMs),
    tracks,
    directories,
    bytes: Number(message.bytes),
    scan: scanOf(message.scan),
    origins: message.origins.map(({ id, files, changes, error, held }) => ({
      id,
      files,
      changes: changes as OriginStatus["changes"],
      ...(error === undefined ? {} : { error }),
      ...(held ? { held: heldOf(held) } : {}),
    })),
    requests: Object.fromEntries(
      Object.entries(message.requests).map(([kind, count]) => [kind, Number(count)]),
    ),
    copiedBytes: Number(message.copiedBytes),
    passthroughOpens: Number(message.passthroughOpens),
    passthroughBytes: Number(message.passthroughBytes),
    passthroughFailures: Number(message.passthroughFailures),
    openFiles: Number(message.openFiles),
    rssBytes: Number(message.rssBytes),
    search: searchOf(message.search),
  };
}

// A daemon of before knows of no search.
function searchOf(message: SearchStatusMessage | undefined): SearchStatus {
  if (!message) return { engine: "", state: "failed", tracks: 0 };
  const { engine, tracks, reason } = message;
  const state = message.state as SearchStatus["state"];
  return { engine, state, tracks, ...(reason === undefined ? {} : { reason }) };
}
