import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { MusicfsEvent } from "../events/event.js";
import { type Event, EventSchema, EventType } from "./gen/musicfs/v1/events_pb.js";
import { OriginState } from "./gen/musicfs/v1/origins_pb.js";
import { heldMessage } from "./held-message.js";
import { scanMessage, summaryMessage } from "./scan-message.js";
import { numberOf } from "./words.js";

type EventInit = MessageInitShape<typeof EventSchema>;

// An event is told to every subscriber; making its message is most of the work.
const made = new WeakMap<MusicfsEvent, Event>();

/** An event as it goes over the wire. */
export function eventMessage(event: MusicfsEvent): Event {
  const known = made.get(event);
  if (known) return known;
  const message = create(EventSchema, initOf(event));
  made.set(event, message);
  return message;
}

function initOf(event: MusicfsEvent): EventInit {
  return {
    number: BigInt(event.number),
    timeUnixMs: BigInt(event.timeMs),
    type: numberOf(EventType, event.type),
    detail: detailOf(event),
  };
}

function detailOf(event: MusicfsEvent): NonNullable<EventInit["detail"]> {
  switch (event.type) {
    case "file-added":
    case "file-removed":
    case "file-modified":
    case "file-accessed":
      return { case: "file", value: { path: event.path } };
    case "origin-connected":
    case "origin-disconnected":
    case "origin-health-changed":
      return { case: "origin", value: originDetail(event) };
    case "scan-started":
      return { case: "scanStarted", value: { originId: event.originId } };
    case "scan-progress":
      return { case: "scanProgress", value: scanMessage(event.scan) };
    case "scan-completed":
      return { case: "scanCompleted", value: summaryMessage(event.summary) };
    case "cache-evicted": {
      const { originId, path, bytes } = event;
      return { case: "cacheEvicted", value: { originId, path, bytes: BigInt(bytes) } };
    }
    case "corruption-repaired": {
      const { originId, path, offsetBytes, lengthBytes } = event;
      const range = { offsetBytes: BigInt(offsetBytes), lengthBytes: BigInt(lengthBytes) };
      return { case: "corruptionRepaired", value: { originId, path, ...range } };
    }
    case "mounted":
      return { case: "mounted", value: { mountpoint: event.mountpoint } };
    case "config-reloaded":
      return {
        case: "configReloaded",
        value: { applied: [...event.applied], needsRestart: [...event.needsRestart] },
      };
  }
}

function originDetail({ type, originId, error, held }: Extract<MusicfsEvent, { type: `origin-${string}` }>) {
  const isGone = type === "origin-disconnected" || (type === "origin-health-changed" && error !== undefined);
  return {
    originId,
    state: isGone ? OriginState.DISCONNECTED : OriginState.CONNECTED,
    ...(error === undefined ? {} : { error }),
    ...(held === undefined ? {} : { held: heldMessage(held) }),
  };
}
