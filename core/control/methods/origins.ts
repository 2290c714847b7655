import type { MessageInitShape } from "@bufbuild/protobuf";
import { findNode } from "../../catalogue/find-node.js";
import { MusicfsError, messageOf } from "../../errors.js";
import type { ScanSummary } from "../../hooks.js";
import { troubleOf } from "../../library/library-origin.js";
import { type CheckResult, checkOrigin } from "../../origins/checks.js";
import type { GuardedOrigin } from "../../origins/guards.js";
import type { ControlContext } from "../context.js";
import { CheckOutcome, type OriginSchema, OriginState } from "../gen/musicfs/v1/origins_pb.js";
import { heldMessage } from "../held-message.js";
import type { Methods } from "../methods.js";
import { progressStream } from "../progress-stream.js";
import { requireOrigin } from "../require-origin.js";
import { scanMessage, summaryMessage } from "../scan-message.js";
import { ORIGIN_STATES, sourcesOf } from "../source-message.js";
import type { ScanStatus } from "../status.js";

const OUTCOMES: Readonly<Record<CheckResult["outcome"], CheckOutcome>> = {
  passed: CheckOutcome.PASSED,
  failed: CheckOutcome.FAILED,
  skipped: CheckOutcome.SKIPPED,
};
/** How often the progress of a rescan is told, in milliseconds. */
const PROGRESS_EVERY_MS = 250;

export function originMethods({
  catalogue,
  instance,
  library,
  origins,
}: ControlContext): Pick<
  Methods,
  "listOrigins" | "getOriginHealth" | "rescanOrigin" | "confirmOrigin" | "listSources" | "testOrigin"
> {
  return {
    async listOrigins(_, { signal }) {
      const shared = await catalogue.sources.countShared(signal);
      return {
        origins: origins.map((source) => ({
          ...originMessage(source),
          sharedFiles: shared.get(source.number) ?? 0,
        })),
      };
    },

    async getOriginHealth({ originId }, { signal }) {
      const source = requireOrigin(origins, originId);
      const startedMs = performance.now();
      try {
        await source.guard.health.look(signal);
        return { origin: originMessage(source), latencyMs: performance.now() - startedMs };
      } catch (error) {
        signal.throwIfAborted();
        return { origin: { ...originMessage(source), error: messageOf(error) } };
      }
    },

    async *rescanOrigin({ originId, path }, { signal }) {
      const source = originId === undefined ? undefined : requireOrigin(origins, originId);
      const request = { ...(source ? { source } : {}), ...(path === undefined ? {} : { path }) };
      const stream = progressStream<ScanStatus, ScanSummary[]>(async (onProgress, stop) => {
        const timer = setInterval(() => onProgress(library.scanStatus()), PROGRESS_EVERY_MS);
        try {
          return await library.rescan(request, AbortSignal.any([stop, instance.signal]));
        } finally {
          clearInterval(timer);
        }
      }, signal);
      for await (const step of stream) {
        if ("progress" in step) yield { progress: scanMessage(step.progress) };
        else for (const summary of step.result) yield { summary: summaryMessage(summary) };
      }
    },

    listSources({ path }) {
      const found = findNode(catalogue.reader, path);
      const row = found?.node.kind === "file" ? catalogue.files.byIno(found.node.ino) : undefined;
      if (!found || !row) throw new MusicfsError("MFS_NOT_FOUND", `no track lies at '${path}' in the tree`);
      return { path: found.path, sources: sourcesOf(catalogue, origins, row) };
    },

    async *testOrigin({ originId }, { signal }) {
      const { guard } = requireOrigin(origins, originId);
      for await (const { outcome, detail, ...result } of checkOrigin(guard.bare, signal)) {
        yield { ...result, outcome: OUTCOMES[outcome], ...(detail === undefined ? {} : { detail }) };
      }
    },

    async confirmOrigin({ originId }, { signal }) {
      return { removed: await library.confirmRemoval(requireOrigin(origins, originId), signal) };
    },
  };

  function originMessage(source: GuardedOrigin): MessageInitShape<typeof OriginSchema> {
    const { origin, number, guard } = source;
    const { health, figures, settings } = guard;
    const error = troubleOf(source);
    const latency = figures.quantile(0.5);
    const status = library.originStatus().find(({ id }) => id === origin.id);
    return {
      id: origin.id,
      state: source.error === undefined ? ORIGIN_STATES[health.state] : OriginState.DISCONNECTED,
      ...(error === undefined ? {} : { error }),
      files: catalogue.files.count(number),
      ...(origin.local ? { localRoot: origin.local.root } : {}),
      changes: status?.changes ?? "rescan",
      ...(status?.held ? { held: heldMessage(status.held) } : {}),
      breaker: health.breaker,
      ...(latency === undefined ? {} : { latencyP50Ms: latency }),
      readBytes: BigInt(figures.bytes),
      readErrors: BigInt(figures.errors),
      retries: BigInt(figures.retries),
      failovers: BigInt(figures.failovers),
      hedges: BigInt(figures.hedges),
      priority: settings.priority,
    };
  }
}
