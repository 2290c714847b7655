import { settledBy } from "musicfs/vfs";
import { Session, type SessionOptions } from "./session.js";

export interface PoolOptions extends SessionOptions {
  /** Most connections at one time. */
  readonly maxConnections: number;
}

/** With so much to do on every connection, one more is opened. */
const BUSY_LOAD = 16;
/** Files are closed that nobody read for so long, in milliseconds; connections after ten times that. */
const FILES_IDLE_MS = 30_000;
const SESSION_IDLE_MS = 300_000;
const TICK_MS = 10_000;

/**
 * The connections to one server. A connection that broke is replaced when the next one needs it; how often that is tried
 * is for who asks.
 */
export class SessionPool {
  readonly #options: PoolOptions;
  readonly #closing = new AbortController();
  readonly #sessions = new Set<Session>();
  #opening: Promise<Session> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Gives `use` the connection that has least to do. It may be used by others at the same time.
   *
   * @throws `signal.reason` as soon as that aborts; OriginError when there is no connection.
   */
  async use<T>(signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const work = this.#choose().then(async (session) => {
      try {
        signal.throwIfAborted();
        return await use(session);
      } finally {
        session.users--;
        session.usedMs = performance.now();
      }
    });
    return settledBy(work, signal);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closing.abort(new Error("the origin was closed"));
    for (const session of this.#sessions) session.close();
    this.#sessions.clear();
  }

  // Whoever is given a session counts as its user from then on.
  async #choose(): Promise<Session> {
    const session = this.#idlest() ?? (await this.#open());
    const isFull = this.#sessions.size >= this.#options.maxConnections;
    // Whoever comes now need not wait for it; who comes next finds it there.
    if (!isFull && session.load >= BUSY_LOAD) this.#open().catch(() => undefined);
    session.users++;
    return session;
  }

  #idlest(): Session | undefined {
    let idlest: Session | undefined;
    for (const session of this.#sessions) {
      if (session.isOver) this.#sessions.delete(session);
      else if (!idlest || session.load < idlest.load) idlest = session;
    }
    return idlest;
  }

  // One at a time: all who wait for the first connection wait for the same.
  #open(): Promise<Session> {
    this.#opening ??= Session.open(this.#options, this.#closing.signal)
      .then((session) => {
        if (this.#closing.signal.aborted) session.close();
        this.#sessions.add(session);
        this.#timer ??= setInterval(() => this.#tidy(), TICK_MS).unref();
        return session;
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  #tidy(): void {
    for (const session of this.#sessions) {
      if (session.users > 0) continue;
      const idleMs = performance.now() - session.usedMs;
      if (idleMs > FILES_IDLE_MS) session.files.closeIdle();
      if (idleMs > SESSION_IDLE_MS || session.isOver) {
        this.#sessions.delete(session);
        session.close();
      }
    }
    if (this.#sessions.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
