import { join } from "node:path";
import { generateLibrary } from "../../support/generate-library.js";
import type { BenchContext } from "../context.js";
import { makeFolder, musicfsPeer } from "../peers.js";
import { probe } from "../probes.js";
import type { Row } from "../rows.js";
import { measureIdle } from "./idle.js";
import { startSubscribers } from "./subscribers.js";

/** What the burst probe is to do. */
export interface BurstOrder {
  readonly folder: string;
  /** How long the files are held before they are read and closed, in milliseconds. */
  readonly holdMs: number;
}

export interface BurstResult {
  readonly files: number;
  /** Of reading a page of each and closing it, which is an event each. */
  readonly durationMs: number;
}

const EVENTS = 10_000;
const QUICK_EVENTS = 1_000;
const SUBSCRIBERS = 100;
/** What is held for less leaves no event. */
const HOLD_MS = 1500;

/**
 * Reads during a burst of events, with a hundred subscribers and one that never reads, against the same without
 * any; and what the control API costs a daemon that does nothing.
 */
export async function measureEvents(context: BenchContext): Promise<Row[]> {
  const idle = await measureIdle(context);
  const { options, cleanup, folder, say } = context;
  const events = options.quick ? QUICK_EVENTS : EVENTS;
  const origin = makeFolder(folder, "origin");
  say(`making a library of ${events} tracks`);
  generateLibrary(origin, { files: events });
  const where = { folder: join(folder, "musicfs"), origin, driverOptions: { passthrough: false } };
  const { path, instance } = await musicfsPeer(cleanup, "copying", where, events);

  const beside = async (): Promise<number> => {
    const subscribers = await startSubscribers(instance.socketPath, SUBSCRIBERS);
    const durationMs = await burst(path, events).finally(() => subscribers.stop());
    if (subscribers.bytes() < events) throw new Error("the subscribers were told nothing");
    return durationMs;
  };
  const alone = (): Promise<number> => burst(path, events);
  // What a first time costs falls on neither; nor does what one leaves behind for the next.
  await alone();
  const ratios: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    say(`bursts ${round + 1} of ${options.rounds}`);
    const times = [await beside(), await alone(), await alone(), await beside()] as const;
    ratios.push((times[0] + times[3]) / (times[1] + times[2]));
  }
  const figure = `reads in a burst of ${events} events: ${SUBSCRIBERS + 1} subscribers, one of them deaf, by none`;
  return [
    { figure, unit: "ratio", rounds: { copying: ratios }, target: { subject: "copying", atMost: 1.1 } },
    ...idle,
  ];
}

async function burst(folder: string, events: number): Promise<number> {
  const order: BurstOrder = { folder, holdMs: HOLD_MS };
  const { files, durationMs } = (await probe("burst", order)) as BurstResult;
  if (files !== events) throw new Error(`${files} of ${events} files were read`);
  return durationMs;
}
