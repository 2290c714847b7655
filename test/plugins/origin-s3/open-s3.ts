import type { Origin } from "musicfs";
import { originS3 } from "musicfs/plugins";
import { type SetUpOptions, setUpPlugin } from "musicfs/testing";

type Options = Parameters<typeof originS3>[0];

/** An origin as the plugin opens it; it stands still for a second at most. */
export async function openS3(options: Options, setUp: SetUpOptions = {}): Promise<Origin> {
  const plugin = await setUpPlugin(originS3({ idleTimeout: 1_000, ...options }), setUp);
  const [origin] = await plugin.origins();
  await plugin.close();
  if (!origin) throw new Error("no origin");
  return origin;
}
