import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ScanSummary } from "../hooks.js";
import {
  ScanState,
  type ScanStatus as ScanStatusMessage,
  type ScanStatusSchema,
  type ScanSummarySchema,
} from "./gen/musicfs/v1/scan_pb.js";
import type { ScanStatus } from "./status.js";
import { numberOf } from "./words.js";

/** The state of a scan as it goes over the wire. */
export function scanMessage({ etaMs, ...scan }: ScanStatus): MessageInitShape<typeof ScanStatusSchema> {
  return {
    ...scan,
    state: numberOf(ScanState, scan.state),
    ...(etaMs === undefined ? {} : { etaMs: BigInt(Math.round(etaMs)) }),
  };
}

/** What {@link scanMessage} made, back again. */
export function scanOf(message: ScanStatusMessage | undefined): ScanStatus {
  return {
    state: message?.state === ScanState.RUNNING ? "running" : "idle",
    done: message?.done ?? 0,
    total: message?.total ?? 0,
    skipped: message?.skipped ?? 0,
    unreadableFolders: message?.unreadableFolders ?? 0,
    filesPerSecond: message?.filesPerSecond ?? 0,
    ...(message?.etaMs === undefined ? {} : { etaMs: Number(message.etaMs) }),
  };
}

/** What a scan did, as it goes over the wire. */
export function summaryMessage(summary: ScanSummary): MessageInitShape<typeof ScanSummarySchema> {
  return { ...summary, durationMs: BigInt(Math.round(summary.durationMs)) };
}
