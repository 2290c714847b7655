import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { definePlugin, z } from "musicfs";

/** How late timers of a millisecond were on the daemon's main thread, in milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const LOOK_EVERY_MS = 100;
const ANSWER_TIMEOUT_MS = 10_000;
const RESOLUTION_MS = 1;

/** How the plugin is named in a config. */
export const LOOP_DELAY_PLUGIN = fileURLToPath(new URL("./loop-delay-plugin.js", import.meta.url));

/** A plugin of the benchmark's own: measures the thread that it runs on, the daemon's main thread. */
export const loopDelay = definePlugin({
  name: "bench-loop-delay",
  options: z.strictObject({
    /** Where it is asked and where it answers. */
    folder: z.string(),
  }),
  setup({ onDispose }, { folder }) {
    const { asked, answer } = filesIn(folder);
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    const timer = setInterval(() => {
      if (!existsSync(asked)) return;
      rmSync(asked);
      const late = (nanoseconds: number): number => nanoseconds / 1e6 - RESOLUTION_MS;
      const { max } = histogram;
      const measured: LoopDelay = {
        p50Ms: late(histogram.percentile(50)),
        p99Ms: late(histogram.percentile(99)),
        maxMs: late(max),
      };
      writeFileSync(answer, JSON.stringify(measured));
      histogram.reset();
    }, LOOK_EVERY_MS);
    onDispose(() => {
      clearInterval(timer);
      histogram.disable();
    });
  },
});

/** What was measured since the last time that it was asked. */
export async function readLoopDelay(folder: string): Promise<LoopDelay> {
  const { asked, answer } = filesIn(folder);
  rmSync(answer, { force: true });
  writeFileSync(asked, "");
  const deadlineMs = performance.now() + ANSWER_TIMEOUT_MS;
  for (;;) {
    try {
      return JSON.parse(readFileSync(answer, "utf8")) as LoopDelay;
    } catch {
      if (performance.now() > deadlineMs) throw new Error("the daemon did not tell its event loop's delay");
      await delay(LOOK_EVERY_MS / 5);
    }
  }
}

function filesIn(folder: string): { asked: string; answer: string } {
  return { asked: join(folder, "loop-delay.asked"), answer: join(folder, "loop-delay.json") };
}
