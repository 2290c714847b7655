import type { Origin } from "musicfs";
import { originSftp } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";
import type { Sshd } from "../../support/servers/sshd.js";

export type SftpOptions = Parameters<typeof originSftp>[0];

/** Opens what the plugin gives with these options. */
export async function openWith(options: SftpOptions): Promise<Origin> {
  const plugin = await setUpPlugin(originSftp(options), { configDir: process.cwd() });
  const [origin] = await plugin.origins();
  await plugin.close();
  if (!origin) throw new Error("no origin");
  return origin;
}

/** Options with which a folder of a real server is opened. */
export function optionsFor(server: Sshd, path: string): SftpOptions {
  const { port, username, keyFile, knownHosts } = server;
  return { host: "127.0.0.1", port, username, privateKeyFile: keyFile, knownHosts, path };
}
