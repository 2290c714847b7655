import { randomBytes } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { z } from "musicfs";

const LINE_BREAK = 0x0a;

/**
 * The file of a queue: one JSON object a line.
 *
 * - `{"queue":"9f86d081884c7d65","sequence":12}` begins it: the queue's name, and the number of the last event before.
 * - `{"sequence":13,…}` is an event.
 * - `{"done":13}`: nothing up to there is wanted any more.
 */
const lineSchema = z.union([
  z.object({ queue: z.string().regex(/^[0-9a-f]{16}$/u), sequence: z.int().nonnegative() }),
  z.object({ done: z.int().nonnegative() }),
  z.object({ sequence: z.int().positive() }),
]);

/** Where an event lies in the file. */
export interface QueuedEvent {
  readonly sequence: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What a queue's file says. */
export interface QueueState {
  readonly queue: string;
  /** The number of the last event that was ever queued. */
  readonly sequence: number;
  readonly events: readonly QueuedEvent[];
  /** Whole lines; what a crash left behind them is no part of the file. */
  readonly sizeBytes: number;
  /** Lines that say nothing: the disk lost what stood there. */
  readonly damagedLines: number;
}

/** Reads a queue's file; one that is not there is a new queue. */
export async function readQueueFile(path: string): Promise<QueueState> {
  let queue = "";
  let sequence = 0;
  let done = 0;
  const events: QueuedEvent[] = [];
  let sizeBytes = 0;
  let damagedLines = 0;
  for await (const line of wholeLines(path)) {
    const parsed = lineSchema.safeParse(parseJson(line.toString("utf8")));
    if (!parsed.success) damagedLines += 1;
    else if ("done" in parsed.data) done = parsed.data.done;
    else {
      sequence = parsed.data.sequence;
      if ("queue" in parsed.data) queue = parsed.data.queue;
      else events.push({ sequence, offsetBytes: sizeBytes, lengthBytes: line.length });
    }
    sizeBytes += line.length + 1;
  }
  return {
    queue: queue || randomBytes(8).toString("hex"),
    sequence,
    events: events.filter((event) => event.sequence > done),
    sizeBytes,
    damagedLines,
  };
}

export function formatHeader(queue: string, sequence: number): string {
  return JSON.stringify({ queue, sequence });
}

export function formatDone(sequence: number): string {
  return JSON.stringify({ done: sequence });
}

// Lines without their line break. What a crash cut off at the end has none, and is left out.
async function* wholeLines(path: string): AsyncGenerator<Buffer> {
  if (!existsSync(path)) return;
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    let begin = 0;
    for (let end = piece.indexOf(LINE_BREAK); end >= 0; end = piece.indexOf(LINE_BREAK, begin)) {
      yield Buffer.concat([rest, piece.subarray(begin, end)]);
      rest = Buffer.alloc(0);
      begin = end + 1;
    }
    rest = Buffer.concat([rest, piece.subarray(begin)]);
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
