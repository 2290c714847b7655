import { EVENT_TYPES, type EventType } from "../../events/event.js";
import type { ControlContext } from "../context.js";
import { eventMessage } from "../event-message.js";
import { EventType as WireEventType } from "../gen/musicfs/v1/events_pb.js";
import type { Methods } from "../methods.js";
import { wordOf } from "../words.js";

export function eventMethods({ events }: ControlContext): Pick<Methods, "subscribeEvents"> {
  return {
    async *subscribeEvents({ types, past, pastOnly }, { signal }) {
      const wanted = wantedTypes(types);
      const subscription = events.subscribe(wanted);
      // A caller that is gone may leave this method waiting for a write that never ends.
      signal.addEventListener("abort", () => subscription.close());
      try {
        // The first message comes at once, so that the caller knows: from now on nothing is missed.
        yield { events: events.past(wanted, past).map(eventMessage) };
        if (pastOnly) return;
        for (let batch = await subscription.next(); batch; batch = await subscription.next()) {
          yield { events: batch.events.map(eventMessage), lost: BigInt(batch.lost) };
        }
      } finally {
        subscription.close();
      }
    },
  };
}

// A type that this version does not know never happens here.
function wantedTypes(types: readonly WireEventType[]): readonly EventType[] {
  if (types.length === 0) return EVENT_TYPES;
  const words = new Set(types.map((type) => wordOf(WireEventType, type)));
  return EVENT_TYPES.filter((type) => words.has(type));
}
