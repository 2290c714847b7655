import { OriginError } from "../model/origin-error.js";
import type { Receiver } from "./exchange.js";

const MAX_REDIRECTIONS = 5;
const STATUSES = new Set([301, 302, 303, 307, 308]);

/** A server sends on to another place. */
export class Redirection extends Error {
  override readonly name = "Redirection";
  readonly location: string;

  constructor(location: string) {
    super("the server sends on");
    this.location = location;
  }
}

/** A receiver whose exchange ends with {@link Redirection} where the server sends on. */
export function redirecting(receiver: Receiver): Receiver {
  return {
    start: (status, headers, flow) => {
      if (STATUSES.has(status) && headers.location) throw new Redirection(headers.location);
      receiver.start(status, headers, flow);
    },
    data: (piece) => receiver.data(piece),
    end: () => receiver.end(),
    fail: (error) => receiver.fail(error),
  };
}

/**
 * Where a redirection leads, as a path of the same server. What is asked may hold a password, which goes to no other server,
 * and not from https to http.
 *
 * @param from address of what answered.
 * @param count which redirection of one request it is.
 * @throws OriginError `untrusted`
 */
export function targetOf(location: string, from: string, count: number): string {
  if (count > MAX_REDIRECTIONS) throw new OriginError("wrong", "it sends on in a circle");
  if (!URL.canParse(location, from)) throw new OriginError("wrong", "it sends on to what is no address");
  const [target, origin] = [new URL(location, from), new URL(from).origin];
  if (target.origin === origin) return target.pathname + target.search;
  throw new OriginError(
    "untrusted",
    `it sends on to ${target.origin}, where nothing is sent. If that is the right address, write it into the config`,
  );
}
