import { EVENT_TYPES, type EventDetail, type EventType, type MusicfsEvent } from "./event.js";
import { Pacer } from "./pacer.js";
import type { EventSource } from "./sources.js";
import { Subscription } from "./subscription.js";

/** Events of the past that are kept. */
const MAX_PAST = 500;

/** Everything that happens, told to whoever subscribes. A source is followed only while somebody wants it. */
export class EventStream {
  readonly #sources: readonly EventSource[];
  readonly #pacer = new Pacer();
  readonly #subscriptions = new Set<Subscription>();
  readonly #wanted = new Map<EventSource, number>();
  readonly #unfollow = new Map<EventSource, () => void>();
  #past: MusicfsEvent[] = [];
  #number = 0;
  #isClosed = false;

  constructor(sources: readonly EventSource[]) {
    this.#sources = sources;
    for (const source of sources) if (source.isRare) this.#want(source);
  }

  /** Subscribers at the moment. */
  get subscribers(): number {
    return this.#subscriptions.size;
  }

  /** Subscribes to events of these types from now on. Must be closed. */
  subscribe(types: Iterable<EventType> = EVENT_TYPES): Subscription {
    const wanted = new Set(types);
    const sources = this.#sources.filter((source) => source.types.some((type) => wanted.has(type)));
    for (const source of sources) this.#want(source);
    const subscription = new Subscription(wanted, this.#pacer, () => {
      this.#subscriptions.delete(subscription);
      for (const source of sources) this.#leave(source);
    });
    this.#subscriptions.add(subscription);
    if (this.#isClosed) subscription.close();
    return subscription;
  }

  /** The last events of these types, the oldest first; only rare ones are kept. */
  past(types: Iterable<EventType>, limit: number): readonly MusicfsEvent[] {
    const wanted = new Set(types);
    return limit === 0 ? [] : this.#past.filter(({ type }) => wanted.has(type)).slice(-limit);
  }

  /** Ends all subscriptions, and takes no more. */
  close(): void {
    this.#isClosed = true;
    for (const subscription of this.#subscriptions) subscription.close();
    for (const unfollow of this.#unfollow.values()) unfollow();
    this.#unfollow.clear();
  }

  #want(source: EventSource): void {
    const count = this.#wanted.get(source) ?? 0;
    this.#wanted.set(source, count + 1);
    if (count > 0 || this.#isClosed) return;
    this.#unfollow.set(
      source,
      source.follow((detail) => this.#publish(source, detail)),
    );
  }

  #leave(source: EventSource): void {
    const count = (this.#wanted.get(source) ?? 0) - 1;
    this.#wanted.set(source, count);
    if (count > 0) return;
    this.#unfollow.get(source)?.();
    this.#unfollow.delete(source);
  }

  #publish(source: EventSource, detail: EventDetail): void {
    this.#number += 1;
    const event: MusicfsEvent = { ...detail, number: this.#number, timeMs: Date.now() };
    if (source.isRare) this.#keep(event);
    for (const subscription of this.#subscriptions) subscription.add(event);
  }

  #keep(event: MusicfsEvent): void {
    this.#past.push(event);
    if (this.#past.length > 2 * MAX_PAST) this.#past = this.#past.slice(-MAX_PAST);
  }
}
