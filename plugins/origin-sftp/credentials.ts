import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MusicfsError, OriginError } from "musicfs";
import type { ConnectConfig } from "ssh2";

/** With what a person says who they are; asked for anew at each connection, so that what was changed counts. */
export interface Credentials {
  readonly username: string;
  readonly password: (() => Promise<string>) | undefined;
  /** Text of a private key. */
  readonly privateKey: (() => Promise<string>) | undefined;
  /** Absolute. */
  readonly privateKeyFile: string | undefined;
  readonly passphrase: (() => Promise<string>) | undefined;
  /** Socket of an ssh-agent. */
  readonly agent: string | undefined;
  readonly home: string;
}

type Login = Pick<ConnectConfig, "username" | "password" | "privateKey" | "passphrase" | "agent">;

/** As ssh(1) names them. */
const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];
const MAX_KEY_BYTES = 64 * 1024;

/** What ssh2 wants to know of them. @throws what is missing, in words for a person. */
export async function loadLogin(credentials: Credentials): Promise<Login> {
  const { username, password, agent } = credentials;
  const privateKey = await privateKeyOf(credentials);
  return {
    username,
    ...(password && { password: await password() }),
    ...(privateKey !== undefined && { privateKey }),
    ...(credentials.passphrase && privateKey !== undefined && { passphrase: await credentials.passphrase() }),
    ...(agent !== undefined && { agent }),
  };
}

async function privateKeyOf(credentials: Credentials): Promise<string | undefined> {
  const { privateKey, privateKeyFile, password, agent, home } = credentials;
  if (privateKey) return privateKey();
  if (privateKeyFile !== undefined) return readKey(privateKeyFile);
  if (password || agent !== undefined) return undefined;
  for (const name of DEFAULT_KEYS) {
    const key = await readKey(join(home, ".ssh", name)).catch(() => undefined);
    if (key !== undefined) return key;
  }
  throw new OriginError(
    "refused",
    `nothing says who ${credentials.username} is: set privateKeyFile, password or agent, ` +
      "or make a key by 'ssh-keygen -t ed25519' and give its public half to the server",
  );
}

async function readKey(file: string): Promise<string> {
  try {
    const text = await readFile(file, "latin1");
    if (text.length > MAX_KEY_BYTES) throw new Error(`it is larger than ${MAX_KEY_BYTES} bytes`);
    return text;
  } catch (cause) {
    const { message } = cause as Error;
    throw new MusicfsError("MFS_SECRET_UNAVAILABLE", `the private key ${file} cannot be read: ${message}`, {
      cause,
    });
  }
}
