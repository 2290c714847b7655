import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { start } from "../processes.js";

export interface Subscribers {
  /** What they have read so far. */
  bytes(): number;
  stop(): Promise<void>;
}

const SUBSCRIBER = fileURLToPath(new URL("./subscriber.js", import.meta.url));

/** Starts a process that subscribes `count` times and reads, and once more without reading. */
export async function startSubscribers(socketPath: string, count: number): Promise<Subscribers> {
  const child = start(process.execPath, [SUBSCRIBER, socketPath, String(count)]);
  const ended = once(child, "close");
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      bytes = Number(text.trimEnd().split("\n").at(-1));
      resolve();
    });
    void ended.then(([code]) => reject(new Error(`the subscribers ended with ${code}`)));
  });
  return {
    bytes: () => bytes,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
