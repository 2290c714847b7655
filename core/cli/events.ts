import { streamControl } from "../control/client.js";
import { type Event, EventType } from "../control/gen/musicfs/v1/events_pb.js";
import { OriginState } from "../control/gen/musicfs/v1/origins_pb.js";
import { plainOf } from "../control/plain.js";
import { scanOf } from "../control/scan-message.js";
import { numberOf, wordOf } from "../control/words.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCount, formatDuration } from "./format.js";
import { printJson, printLine, printMessage } from "./output.js";
import { findSocket } from "./running.js";
import { formatScan } from "./status.js";

export interface EventOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly type?: readonly string[];
  readonly json?: boolean;
}

/** Events of the past that are shown first. */
const PAST = { alone: 500, followed: 10 };

/** `musicfs events` */
export async function showEvents({ follow, type = [], json, ...flags }: EventOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const request = {
    types: type.map((word) => numberOf(EventType, word)),
    past: follow ? PAST.followed : PAST.alone,
    pastOnly: !follow,
  };
  const answers = streamControl(socketPath, (client, options) => client.subscribeEvents(request, options));
  for await (const { events, lost } of answers) {
    if (lost > 0n) reportLost(Number(lost), json === true);
    for (const event of events) {
      if (json) printJson(describeEvent(event));
      else printLine(escapeControls(formatEvent(event)));
    }
  }
}

function reportLost(lost: number, json: boolean): void {
  if (json) printJson({ type: "lost", lost });
  else printMessage(`${formatCount(lost)} events were lost: they came faster than they could be shown`);
}

function describeEvent({ number, timeUnixMs, type, detail }: Event): object {
  const { value } = detail;
  const states = value && "state" in value ? { state: stateOf(detail) } : {};
  return {
    number: Number(number),
    time: new Date(Number(timeUnixMs)).toISOString(),
    type: wordOf(EventType, type),
    ...(value === undefined ? {} : (plainOf(value) as object)),
    ...states,
  };
}

function stateOf(detail: Event["detail"]): string {
  if (detail.case === "origin") return wordOf(OriginState, detail.value.state);
  return detail.case === "scanProgress" ? scanOf(detail.value).state : "";
}

function formatEvent({ timeUnixMs, type, detail }: Event): string {
  const clock = new Date(Number(timeUnixMs)).toTimeString().slice(0, 8);
  return `${clock}  ${wordOf(EventType, type).padEnd(22)}  ${formatDetail(detail)}`.trimEnd();
}

function formatDetail(detail: Event["detail"]): string {
  switch (detail.case) {
    case "file":
      return detail.value.path;
    case "origin": {
      const { originId, error, held } = detail.value;
      const why = held ? `a removal of ${held.files} of ${held.ofFiles} files is held` : error;
      return `${originId}${why ? `: ${why}` : ""}`;
    }
    case "scanStarted":
      return detail.value.originId;
    case "scanProgress":
      return formatScan(scanOf(detail.value));
    case "scanCompleted": {
      const { originId, files, added, changed, removed, durationMs, complete } = detail.value;
      const counts = `${formatCount(files)} files, ${added} added, ${changed} changed, ${removed} removed`;
      return `${originId}: ${counts}, ${formatDuration(Number(durationMs))}${complete ? "" : ", not to its end"}`;
    }
    case "cacheEvicted":
      return `${detail.value.originId}: ${detail.value.path}, ${formatBytes(Number(detail.value.bytes))}`;
    case "corruptionRepaired":
      return `${detail.value.originId}: ${detail.value.path} at byte ${detail.value.offsetBytes}`;
    case "mounted":
      return detail.value.mountpoint;
    case "configReloaded": {
      const { applied, needsRestart } = detail.value;
      const later = needsRestart.length > 0 ? `; after a restart: ${needsRestart.join(", ")}` : "";
      return `${applied.join(", ") || "nothing new"}${later}`;
    }
    default:
      return "";
  }
}
