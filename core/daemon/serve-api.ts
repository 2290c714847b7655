import { readFile } from "node:fs/promises";
import type { Config, TcpConfig } from "../config/config.js";
import { controlHandler, serveControl, serveControlTcp, type TcpOptions } from "../control/server.js";
import { MusicfsError, messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Metrics } from "../metrics/metrics.js";
import { serveMetrics } from "../metrics/metrics-handler.js";
import { readSecret } from "../secrets/read-secret.js";
import type { Daemon, DaemonParts } from "./daemon.js";

/** Shorter tokens could be guessed. */
const MIN_TOKEN_LENGTH = 16;
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "::1"];

/** Serves the control API of a daemon where its config says. Closed with the daemon. */
export async function serveApi(daemon: Daemon, parts: DaemonParts, metrics: Metrics): Promise<void> {
  const { config, log, instance, undo } = parts;
  const loadMethods = async () => (await import("../control/methods.js")).createMethods({ ...parts, daemon });
  const methods = controlHandler(loadMethods, log, instance.signal);
  const handler = serveMetrics(() => metrics.render(), methods, log);
  const onSocket = await serveControl(config.socketPath, handler, log);
  undo.push(() => onSocket.close());
  const { tcp } = config.control;
  if (!tcp) return;
  const options = await tcpOptions(tcp, config, log);
  const onPort = await serveControlTcp(options, handler, log);
  undo.push(() => onPort.close());
  log.info(`the control API listens on ${tcp.host}, port ${tcp.port}`);
}

async function tcpOptions(tcp: TcpConfig, config: Config, log: Logger): Promise<TcpOptions> {
  const { port, host, allowedHosts } = tcp;
  const token = await readSecret(tcp.token, { configDir: config.configDir, env: process.env, log });
  if (token.length < MIN_TOKEN_LENGTH || /\s/u.test(token)) {
    throw new MusicfsError(
      "MFS_CONFIG_INVALID",
      `control.tcp.token: expected ${MIN_TOKEN_LENGTH} characters or more without spaces`,
      { hint: "Make one: openssl rand -hex 32" },
    );
  }
  const hosts = [...LOOPBACK_NAMES, host.toLowerCase(), ...allowedHosts];
  return { port, host, token, hosts, ...(tcp.tls ? { tls: await readCertificate(tcp.tls) } : {}) };
}

async function readCertificate({ certFile, keyFile }: NonNullable<TcpConfig["tls"]>) {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
    return { cert, key };
  } catch (error) {
    throw new MusicfsError("MFS_CONFIG_INVALID", `control.tcp.tls: ${messageOf(error)}`);
  }
}
