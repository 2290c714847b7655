import type { PluginContext } from "../plugin.js";
import type { Secret } from "../secrets/secret.js";

export interface CredentialOptions {
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly token?: Secret | undefined;
}

/**
 * Headers that say who asks. The secrets are read when they are first needed, and again after the server refused them: a
 * password may be changed where it is kept, while MusicFS runs.
 */
export class Credentials {
  readonly #read: () => Promise<Readonly<Record<string, string>>>;
  #headers: Promise<Readonly<Record<string, string>>> | undefined;

  constructor(options: CredentialOptions, readSecret: PluginContext["readSecret"]) {
    this.#read = () => headersOf(options, readSecret);
  }

  headers(): Promise<Readonly<Record<string, string>>> {
    this.#headers ??= this.#read().catch((error) => {
      this.forget();
      throw error;
    });
    return this.#headers;
  }

  forget(): void {
    this.#headers = undefined;
  }
}

async function headersOf(
  { username, password, token }: CredentialOptions,
  readSecret: PluginContext["readSecret"],
): Promise<Readonly<Record<string, string>>> {
  if (token) return { authorization: `Bearer ${await readSecret(token)}` };
  if (username === undefined) return {};
  const text = `${username}:${password ? await readSecret(password) : ""}`;
  return { authorization: `Basic ${Buffer.from(text).toString("base64")}` };
}
