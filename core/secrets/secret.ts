import { inspect } from "node:util";
import { z } from "zod";
import { HIDDEN, hideSecret } from "./redaction.js";

/** Where a secret is kept: in the config itself, in the environment, in a file, in a systemd credential. */
export type SecretSource =
  | string
  | { readonly env: string }
  | { readonly file: string }
  | { readonly credential: string };

const MAX_TEXT = 8192;
const PROBLEM =
  'expected text, { env: "NAME" }, { file: "path" } or { credential: "name" } (a systemd credential)';

/** A secret among a plugin's options. It shows itself as `***`; `context.readSecret` gives the value. */
export class Secret {
  readonly #source: SecretSource;

  constructor(source: SecretSource) {
    this.#source = source;
    if (typeof source === "string") hideSecret(source);
  }

  get source(): SecretSource {
    return this.#source;
  }

  toJSON(): string {
    return HIDDEN;
  }

  toString(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/**
 * A secret in an option: text, which then stands in the config, or better the place where it is kept:
 * `{ env: "NAME" }`, `{ file: "/run/secrets/name" }` (relative to the config), or `{ credential: "name" }`,
 * as systemd's `LoadCredential=` gives it.
 */
export function secret() {
  return z
    .union(
      [
        z.string().min(1).max(MAX_TEXT),
        z.strictObject({ env: z.string().regex(/^[A-Za-z_]\w{0,254}$/u) }),
        z.strictObject({ file: z.string().min(1).max(4096) }),
        z.strictObject({ credential: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/u) }),
      ],
      { error: PROBLEM },
    )
    .transform((source) => new Secret(source));
}
