import type { Origin } from "musicfs";
import { originHttp } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";

type Options = Parameters<typeof originHttp>[0];

/** An origin as the plugin opens it; it stands still for a second at most. */
export async function openHttp(options: Options): Promise<Origin> {
  const plugin = await setUpPlugin(originHttp({ idleTimeout: 1_000, ...options }));
  const [origin] = await plugin.origins();
  await plugin.close();
  if (!origin) throw new Error("no origin");
  return origin;
}
