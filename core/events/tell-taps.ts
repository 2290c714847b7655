import type { Hooks } from "../hooks.js";
import type { EventStream } from "./event-stream.js";

/** Tells the taps of `happened` everything that happens, where there are any. Resolves when the stream ends. */
export async function tellTaps(events: EventStream, { happened }: Hooks): Promise<void> {
  if (!happened.isUsed) return;
  const subscription = events.subscribe();
  for (let batch = await subscription.next(); batch; batch = await subscription.next()) {
    for (const event of batch.events) void happened.call(event);
  }
}
