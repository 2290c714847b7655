/**
 * What went wrong at an origin, as far as it changes what happens next:
 *
 * | kind          | means                                             | what follows                                    |
 * | ------------- | ------------------------------------------------- | ----------------------------------------------- |
 * | `unavailable` | no answer, a broken one, or an error of the server | tried again, then another source                |
 * | `busy`        | it asks to be left alone (429, 503 `Retry-After`)  | another source; not asked before the time given |
 * | `refused`     | it knows us and says no (401, 403, a wrong key)    | another source; not tried again until a probe   |
 * | `untrusted`   | it is not who it should be (host key, certificate) | as `refused`                                    |
 * | `changed`     | the file is no longer the version asked for        | another source; the file is looked at again     |
 * | `missing`     | it says for certain that there is no such file     | another source; the file is looked at again     |
 * | `wrong`       | its answer contradicts itself or what was asked    | as `unavailable`, and counted                   |
 */
export type OriginErrorKind =
  | "unavailable"
  | "busy"
  | "refused"
  | "untrusted"
  | "changed"
  | "missing"
  | "wrong";

/**
 * An error that an origin's plugin throws when it knows what kind of failure it is. Anything else that it throws
 * counts as `unavailable`, but for `ErrnoError` `ESTALE`, which counts as `changed`.
 *
 * The message is for a person, and must not hold a secret.
 */
export class OriginError extends Error {
  override readonly name = "OriginError";
  readonly kind: OriginErrorKind;
  /** For how long the origin asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: OriginErrorKind,
    message: string,
    options: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}
