import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type PluginContext, type Secret, secret } from "musicfs";

/** What requests are signed with. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3CredentialOptions {
  readonly accessKeyId?: Secret | undefined;
  readonly secretAccessKey?: Secret | undefined;
  readonly sessionToken?: Secret | undefined;
  readonly profile?: string | undefined;
  readonly anonymous: boolean;
}

const NAMES = /^(aws_access_key_id|aws_secret_access_key|aws_session_token)\s*=\s*(\S+)$/u;
const MAX_FILE = 1024 * 1024;

/**
 * The keys: of the options, else of the environment, else of the file that the tools of AWS share. They are looked up when they
 * are first needed, and again after the server refused them, since keys are changed while MusicFS runs.
 */
export class S3Credentials {
  readonly #read: () => Promise<S3Keys | undefined>;
  #keys: Promise<S3Keys | undefined> | undefined;

  constructor(options: S3CredentialOptions, readSecret: PluginContext["readSecret"]) {
    this.#read = () => findKeys(options, readSecret);
  }

  /** `undefined`: nothing is signed. @throws when there are none, in words for a person. */
  keys(): Promise<S3Keys | undefined> {
    this.#keys ??= this.#read().catch((error) => {
      this.forget();
      throw error;
    });
    return this.#keys;
  }

  forget(): void {
    this.#keys = undefined;
  }
}

async function findKeys(
  options: S3CredentialOptions,
  readSecret: PluginContext["readSecret"],
): Promise<S3Keys | undefined> {
  if (options.anonymous) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = options;
  if (accessKeyId && secretAccessKey) {
    return {
      accessKeyId: await readSecret(accessKeyId),
      secretAccessKey: await readSecret(secretAccessKey),
      ...(sessionToken ? { sessionToken: await readSecret(sessionToken) } : {}),
    };
  }
  const keys =
    (options.profile === undefined ? keysOfEnvironment() : undefined) ?? (await keysOfFile(options.profile));
  // A secret that is parsed is hidden wherever text is shown.
  for (const value of [keys.secretAccessKey, keys.sessionToken])
    if (value !== undefined) secret().parse(value);
  return keys;
}

function keysOfEnvironment(): S3Keys | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN,
  } = process.env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}) };
}

async function keysOfFile(wanted: string | undefined): Promise<S3Keys> {
  const file = process.env.AWS_SHARED_CREDENTIALS_FILE || join(homedir(), ".aws", "credentials");
  const profile = wanted ?? (process.env.AWS_PROFILE || "default");
  const fields = profileOf((await readFile(file, "utf8").catch(() => "")).slice(0, MAX_FILE), profile);
  const {
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token,
  } = fields;
  if (accessKeyId && secretAccessKey) {
    return {
      accessKeyId,
      secretAccessKey,
      ...(aws_session_token ? { sessionToken: aws_session_token } : {}),
    };
  }
  throw new Error(
    `there are no keys: set accessKeyId and secretAccessKey, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or [${profile}] in ${file}; or anonymous: true for a public bucket`,
  );
}

function profileOf(text: string, profile: string): Record<string, string> {
  const fields: Record<string, string> = {};
  let section = "";
  for (const line of text.split(/\r?\n/u)) {
    section = /^\s*\[\s*(.*?)\s*\]\s*$/u.exec(line)?.[1] ?? section;
    const [, name, value] = NAMES.exec(line.trim()) ?? [];
    if (section === profile && name && value) fields[name] = value;
  }
  return fields;
}
