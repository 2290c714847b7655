import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { OriginError } from "musicfs";
import type { Client, ConnectConfig } from "ssh2";
import { type Credentials, loadLogin } from "./credentials.js";
import { gatherWrites } from "./gather-writes.js";
import { type ExpectedKeys, type HostTrust, loadExpectedKeys } from "./host-key.js";
import { loadSsh2 } from "./ssh2.js";

export interface Server extends HostTrust {
  readonly credentials: Credentials;
  /** Longest that connecting, with logging in, may take, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/** A connection that is logged in, with the stream of its `sftp` subsystem. */
export interface Connection {
  readonly stream: Duplex;
  close(): void;
}

type HostKeyAlgorithms = NonNullable<NonNullable<ConnectConfig["algorithms"]>["serverHostKey"]>;

/** A connection of which nothing was heard for three of these is gone. */
const KEEPALIVE_MS = 15_000;
/** Those that ssh2 has, the modern ones. */
const HOST_KEY_ALGORITHMS = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;

/**
 * Connects and logs in. The server's key is looked at before anything else is said to it.
 *
 * @throws OriginError: `untrusted` for a server that is not known, `refused` when it does not let us in.
 */
export async function connectSftp(server: Server, signal: AbortSignal): Promise<Connection> {
  const { Client } = loadSsh2();
  const expected = await loadExpectedKeys(server);
  const login = await loadLogin(server.credentials);
  signal.throwIfAborted();
  const client = new Client();
  const socket = connect({ host: server.host, port: server.port, noDelay: true, keepAlive: true });
  gatherWrites(socket);
  const close = (): void => {
    client.destroy();
    socket.destroy();
  };
  try {
    await ready(client, socket, { ...login, ...configOf(server, expected) }, expected, signal);
    return { stream: await openSubsystem(client, signal), close };
  } catch (error) {
    close();
    throw signal.aborted ? signal.reason : describe(error, server);
  }
}

function configOf(server: Server, { keyTypes }: ExpectedKeys): ConnectConfig {
  return {
    readyTimeout: server.connectTimeoutMs,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: 2,
    algorithms: { serverHostKey: algorithmsFor(keyTypes) },
  };
}

// The types of the known keys first, as ssh(1) does: a server with several shows the first that is asked for.
function algorithmsFor(keyTypes: readonly string[]): HostKeyAlgorithms {
  const isKnown = (algorithm: string): boolean =>
    keyTypes.includes(algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm);
  return HOST_KEY_ALGORITHMS.toSorted((one, other) => Number(isKnown(other)) - Number(isKnown(one)));
}

function ready(
  client: Client,
  sock: Socket,
  config: ConnectConfig,
  expected: ExpectedKeys,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const hostVerifier = (key: Buffer): boolean => {
      try {
        expected.check(key);
        return true;
      } catch (error) {
        reject(error);
        return false;
      }
    };
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    client.on("ready", () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    // Stays for the life of the connection: an error that nobody listens to would end the process.
    client.on("error", reject);
    client.on("close", () => reject(new Error("it closed the connection")));
    client.connect({ ...config, sock, hostVerifier });
  });
}

function openSubsystem(client: Client, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    client.on("close", () => reject(new Error("it closed the connection")));
    client.subsys("sftp", (error, stream) => {
      signal.removeEventListener("abort", onAbort);
      if (error) return reject(new OriginError("refused", `the server has no SFTP: ${error.message}`));
      // What it has to say besides would fill the window of the channel.
      stream.stderr.resume();
      resolve(stream);
    });
  });
}

function describe(error: unknown, { host, port, credentials }: Server): unknown {
  if (!(error instanceof Error) || error instanceof OriginError || error.name === "MusicfsError")
    return error;
  const { level } = error as { level?: string };
  if (level === "client-authentication" || level === "agent") {
    return new OriginError(
      "refused",
      `${host}:${port} does not let '${credentials.username}' in: ${error.message}. ` +
        `Try it by hand: sftp -P ${port} ${credentials.username}@${host}`,
      { cause: error },
    );
  }
  if (/privateKey|passphrase/iu.test(error.message)) {
    return new OriginError("refused", `the private key can't be used: ${error.message}`, { cause: error });
  }
  return new OriginError("unavailable", `${host}:${port} can't be reached: ${error.message}`, {
    cause: error,
  });
}
