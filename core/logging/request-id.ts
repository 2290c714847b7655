import { AsyncLocalStorage } from "node:async_hooks";

const requests = new AsyncLocalStorage<number>();
let lastId = 0;

/**
 * Runs `run`; all that is logged meanwhile, however deep and however late, carries one number as `request`.
 * For where somebody reads it only: following every promise makes all of them slower.
 */
export function withRequestId<T>(run: () => T): T {
  lastId += 1;
  return requests.run(lastId, run);
}

/** The number of the request that is being answered, if it is traced. */
export function currentRequestId(): number | undefined {
  return requests.getStore();
}
