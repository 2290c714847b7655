/** The entry of the process that touches a network filesystem for `network-origin.ts`. */
import { ErrnoError, type Logger, type Origin, OriginError } from "musicfs";
import type { Ask, CarriedError, ChildOrder, FromChild, ToChild } from "./child-messages.js";
import { openLocalOrigin } from "./local-origin.js";

interface Running {
  readonly stop: AbortController;
  /** Lets the next batch come. */
  more: () => void;
}

const SILENT: Logger = { error() {}, warn() {}, info() {}, debug() {} } as unknown as Logger;

const order = JSON.parse(process.argv[2] ?? "{}") as ChildOrder;
const opening = openLocalOrigin({ ...order, id: "", cache: true, watch: false, log: SILENT });
const running = new Map<number, Running>();

process.on("message", (message: ToChild) => {
  if ("ask" in message) void serve(message.id, message.ask);
  else if ("more" in message) running.get(message.id)?.more();
  else running.get(message.id)?.stop.abort(new Error("nobody waits for it any more"));
});
process.on("disconnect", () => process.exit(0));

async function serve(id: number, ask: Ask): Promise<void> {
  const stop = new AbortController();
  const state: Running = { stop, more() {} };
  running.set(id, state);
  try {
    const origin = await opening;
    if (ask.call === "list") await list(id, origin, ask.paths, state);
    tell({ id, result: ask.call === "list" ? undefined : await answer(origin, ask, stop.signal) });
  } catch (error) {
    tell({ id, error: carried(error) });
  } finally {
    running.delete(id);
  }
}

async function answer(
  origin: Origin,
  ask: Exclude<Ask, { call: "list" }>,
  signal: AbortSignal,
): Promise<Extract<FromChild, { result: unknown }>["result"]> {
  if (ask.call === "stat") return origin.stat(ask.path, signal);
  if (ask.call === "capacity") return origin.capacity?.(signal);
  return origin.read(ask.file, ask.offsetBytes, ask.lengthBytes, signal);
}

// One batch at a time: the next is sent when that was taken.
async function list(
  id: number,
  origin: Origin,
  paths: readonly string[] | undefined,
  state: Running,
): Promise<void> {
  const { signal } = state.stop;
  for await (const batch of origin.list(signal, paths)) {
    const taken = new Promise<void>((resolve, reject) => {
      state.more = resolve;
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    tell({ id, batch });
    await taken;
  }
}

function tell(message: FromChild): void {
  process.send?.(message);
}

function carried(error: unknown): CarriedError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof OriginError) return { kind: error.kind, message };
  if (error instanceof ErrnoError && error.code === "ESTALE") return { kind: "changed", message };
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing", message };
  return { kind: "unavailable", message };
}
