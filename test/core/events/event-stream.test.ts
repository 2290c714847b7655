import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScanStatus } from "../../../core/control/status.js";
import { EVENT_TYPES } from "../../../core/events/event.js";
import { EventStream } from "../../../core/events/event-stream.js";
import { eventSources } from "../../../core/events/sources.js";
import { MAX_WAITING } from "../../../core/events/subscription.js";
import { tellTaps } from "../../../core/events/tell-taps.js";
import { createHooks } from "../../../core/hooks.js";

const IDLE: ScanStatus = {
  state: "idle",
  done: 0,
  total: 0,
  skipped: 0,
  unreadableFolders: 0,
  filesPerSecond: 0,
};

function streamOf(scan: ScanStatus = IDLE) {
  const hooks = createHooks((error) => assert.fail(error));
  const sources = eventSources(hooks, () => scan);
  return { hooks, sources, events: new EventStream(sources) };
}

test("every type of event has one source", () => {
  const { sources } = streamOf();
  assert.deepEqual(sources.flatMap(({ types }) => types).toSorted(), EVENT_TYPES.toSorted());
});

test("what the hooks tell becomes events, numbered, of the types that were asked for", async () => {
  const { hooks, events } = streamOf();
  const subscription = events.subscribe(["file-added", "file-removed", "origin-disconnected"]);
  void hooks.scanStarted.call({ originId: "a" });
  void hooks.libraryChanged.call({ added: ["/new"], changed: ["/other"], removed: ["/old"] });
  void hooks.originChanged.call({ originId: "a", change: "disconnected", error: "gone" });
  const batch = await subscription.next();
  assert.equal(batch?.lost, 0);
  assert.deepEqual(
    batch?.events.map(({ timeMs, ...event }) => event),
    [
      { type: "file-removed", path: "/old", number: 2 },
      { type: "file-added", path: "/new", number: 3 },
      { type: "origin-disconnected", originId: "a", error: "gone", number: 5 },
    ],
  );
});

test("paths of files are made only while somebody wants them", () => {
  const { hooks, events } = streamOf();
  assert.equal(hooks.libraryChanged.isUsed, false);
  const one = events.subscribe(["file-added"]);
  const other = events.subscribe(["file-modified"]);
  one.close();
  one.close();
  assert.equal(hooks.libraryChanged.isUsed, true);
  other.close();
  assert.equal(hooks.libraryChanged.isUsed, false);
  assert.equal(events.subscribers, 0);
});

test("a subscriber that takes nothing loses the oldest, and is told how many", async () => {
  const { hooks, events } = streamOf();
  const slow = events.subscribe(["file-accessed"]);
  const quick = events.subscribe(["file-accessed"]);
  const total = MAX_WAITING + 5000;
  let taken = 0;
  for (let index = 0; index < total; index++) {
    void hooks.fileAccessed.call({ path: `/${index}`, heldMs: 2000, copiedBytes: 0, wasPlayed: false });
    if (index % 1000 === 999) {
      const batch = await quick.next();
      taken += batch?.events.length ?? 0;
      assert.equal(batch?.lost, 0);
    }
  }
  assert.ok(taken > 0);
  let seen = 0;
  let lost = 0;
  while (seen + lost < total) {
    const batch = await slow.next();
    assert.ok(batch);
    if (batch.lost > 0) assert.equal(batch.events[0]?.number, batch.lost + 1);
    seen += batch.events.length;
    lost += batch.lost;
  }
  assert.ok(lost >= 5000 && seen <= MAX_WAITING);
  assert.equal(seen + lost, total);
});

test("a subscriber waits for the next event, and is let go when the stream ends", async () => {
  const { hooks, events } = streamOf();
  const subscription = events.subscribe(["mounted"]);
  const waiting = subscription.next();
  void hooks.mounted.call({ mountpoint: "/m" });
  assert.equal((await waiting)?.events[0]?.type, "mounted");
  const last = subscription.next();
  events.close();
  assert.equal(await last, undefined);
  assert.equal(await events.subscribe().next(), undefined);
});

test("rare events are kept for whoever comes later, others are not", () => {
  const { hooks, events } = streamOf();
  for (let index = 0; index < 3000; index++) void hooks.scanStarted.call({ originId: `${index}` });
  void hooks.libraryChanged.call({ added: ["/new"], changed: [], removed: [] });
  assert.deepEqual(
    events.past(["scan-started"], 2).map(({ number }) => number),
    [2999, 3000],
  );
  assert.deepEqual(events.past(["file-added"], 500), []);
  assert.deepEqual(events.past(["scan-started"], 0), []);
  assert.ok(events.past(EVENT_TYPES, 100_000).length <= 1000);
});

test("how far a scan is is told while it runs", async () => {
  const { events } = streamOf({ ...IDLE, state: "running", done: 3, total: 9 });
  const subscription = events.subscribe(["scan-progress"]);
  const keepAlive = setInterval(() => undefined, 1000);
  const batch = await subscription.next();
  clearInterval(keepAlive);
  const [event] = batch?.events ?? [];
  assert.ok(event?.type === "scan-progress");
  assert.deepEqual([event.scan.done, event.scan.total], [3, 9]);
  subscription.close();
});

test("a plugin that taps the stream is told everything", async () => {
  const { hooks, events } = streamOf();
  const told: string[] = [];
  hooks.happened.for("listener").tap(({ type }) => void told.push(type));
  const telling = tellTaps(events, hooks);
  void hooks.mounted.call({ mountpoint: "/m" });
  void hooks.libraryChanged.call({ added: ["/new"], changed: [], removed: [] });
  await new Promise(setImmediate);
  events.close();
  await telling;
  assert.deepEqual(told, ["mounted", "file-added"]);
});
