import { readFile } from "node:fs/promises";
import { resolvePath } from "../config/paths.js";
import { MusicfsError, messageOf } from "../errors.js";
import type { PluginContext } from "../plugin.js";
import { type CredentialOptions, Credentials } from "./credentials.js";
import { WebClient } from "./web-client.js";

/** Values of `webOptions()` and `originOptions()`. */
export interface WebOrigin extends CredentialOptions {
  readonly url: string;
  readonly caFile?: string | undefined;
  readonly concurrency: number;
  readonly idleTimeout: number;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/u;

/**
 * The client of an origin's server, as its options have it.
 *
 * @throws `MFS_CONFIG_INVALID` when the file of certificates cannot be read.
 */
export async function openWebClient(
  origin: WebOrigin,
  { configDir, readSecret, log }: Pick<PluginContext, "configDir" | "readSecret" | "log">,
): Promise<WebClient> {
  const { url, caFile, concurrency, idleTimeout } = origin;
  const credentials = new Credentials(origin, readSecret);
  const { protocol, hostname } = new URL(url);
  if (protocol === "http:" && (origin.username ?? origin.token) !== undefined && !LOOPBACK.test(hostname)) {
    log.warn(
      `${url}: the password goes to it unencrypted; anybody on the way can read it. Use https:// where you can`,
    );
  }
  return new WebClient({
    url,
    connections: concurrency,
    idleTimeoutMs: idleTimeout,
    ca: caFile === undefined ? undefined : await loadCertificates(caFile, configDir),
    authorize: () => credentials.headers(),
    refused: () => credentials.forget(),
  });
}

/** @throws `MFS_CONFIG_INVALID` */
export async function loadCertificates(file: string, configDir: string): Promise<string> {
  try {
    const text = await readFile(resolvePath(file, configDir, process.env), "utf8");
    if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Error("it holds no certificate (PEM)");
    return text;
  } catch (error) {
    throw new MusicfsError("MFS_CONFIG_INVALID", `caFile '${file}' cannot be used: ${messageOf(error)}`);
  }
}
