import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { definePlugin, duration, type LibraryChange, MusicfsError, secret, size, z } from "musicfs";
import { Delivery } from "./delivery.js";
import { EventQueue } from "./queue.js";

/** What happens now and then. */
const RARE = [
  "mounted",
  "stopping",
  "scanStarted",
  "scanCompleted",
  "libraryChanged",
  "originChanged",
  "corruptionRepaired",
  "configReloaded",
] as const;
/** What happens so often that nobody gets it who did not ask for it. */
const FREQUENT = ["fileAccessed", "cacheEvicted"] as const;
type EventName = (typeof RARE)[number] | (typeof FREQUENT)[number];

const options = z.strictObject({
  /**
   * Where events are sent: text, `{ env }`, `{ file }` or `{ credential }`. Of many receivers the address is
   * itself a secret, so it is shown nowhere.
   */
  url: secret(),
  /** What the messages are signed with: text, or `whsec_` and Base64; from `{ env }`, `{ file }`, `{ credential }`. */
  secret: secret(),
  /** Which events are sent. @default all but `fileAccessed` and `cacheEvicted` */
  events: z
    .array(z.enum([...RARE, ...FREQUENT]))
    .min(1)
    .default([...RARE]),
  /** Tells several webhooks apart; part of a folder's name. @default "default" */
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u)
    .default("default"),
  /** Longest that the receiver may take for one event; milliseconds or text. @default "10 s" */
  timeout: duration({ minMs: 10, maxMs: 300_000 }).prefault("10 s"),
  /** Events that nobody took for this long are given up; milliseconds or text. @default "7 d" */
  maxAge: duration({ minMs: 1000 }).prefault("7 d"),
  /** Events that may wait; beyond, the oldest go. @default 10000 */
  maxEvents: z.int().min(1).max(1_000_000).default(10_000),
  /** Room that waiting events may take; beyond, the oldest go. Bytes or text. @default "16 MiB" */
  maxBytes: size({ minBytes: 64 * 1024, maxBytes: 2 ** 30 }).prefault("16 MiB"),
});

/** Paths in one message; a larger change is several. */
const MAX_PATHS = 1000;
/** How long a stop waits for what is left to be sent, in milliseconds. */
const FLUSH_MS = 3_000;
const FLUSH_LOOK_MS = 20;

/** Sends events, signed and in their order, to an address; see README.md beside this file. */
export const webhook = definePlugin({
  name: "webhook",
  options,
  instance: ({ id }) => id,
  async setup(context, { url, secret, events, id, timeout, maxAge, maxEvents, maxBytes }) {
    const { hooks, log } = context;
    const readUrl = async (): Promise<string> => checkUrl(await context.readSecret(url));
    const readSecret = (): Promise<string> => context.readSecret(secret);
    await Promise.all([readUrl(), readSecret()]);

    const queue = await EventQueue.open(join(context.stateDir(), `${id}.queue`), { maxEvents, maxBytes });
    if (queue.damagedLines > 0)
      log.warn(`${queue.damagedLines} events were damaged on the disk, and are lost`);
    const delivery = new Delivery({ queue, log, timeoutMs: timeout, maxAgeMs: maxAge, readUrl, readSecret });
    context.onDispose(async () => {
      await delivery.stop();
      await queue.close();
    });
    delivery.start();

    const send = async (type: EventName, data: object): Promise<void> => {
      const timestamp = new Date().toISOString();
      const lostBefore = queue.lost;
      await queue.push((sequence) => JSON.stringify({ sequence, type, timestamp, data }));
      if (queue.lost > lostBefore) log.warn("the webhook's queue is full: its oldest events are lost");
      delivery.wake();
    };
    for (const type of new Set(events)) {
      hooks[type].tap(async (event: object) => {
        for (const data of type === "libraryChanged" ? partsOf(event as LibraryChange) : [event]) {
          await send(type, data);
        }
      });
    }
    hooks.stopping.tap(() => flush(queue, delivery));
  },
});

function checkUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (protocol === "http:" || protocol === "https:") return text;
  throw new MusicfsError(
    "MFS_CONFIG_INVALID",
    "webhook: its url is no address that begins with http:// or https://",
  );
}

function* partsOf({ added, changed, removed }: LibraryChange): Generator<LibraryChange> {
  const longest = Math.max(added.length, changed.length, removed.length, 1);
  const size = Math.floor(MAX_PATHS / 3);
  const isSmall = added.length + changed.length + removed.length <= MAX_PATHS;
  if (isSmall) return yield { added, changed, removed };
  for (let from = 0; from < longest; from += size) {
    const part = (paths: readonly string[]): readonly string[] => paths.slice(from, from + size);
    yield { added: part(added), changed: part(changed), removed: part(removed) };
  }
}

// A receiver that does not answer now will have the events after the next start.
async function flush(queue: EventQueue, delivery: Delivery): Promise<void> {
  const endMs = performance.now() + FLUSH_MS;
  while (queue.size > 0 && !delivery.isFailing && performance.now() < endMs) await delay(FLUSH_LOOK_MS);
}
