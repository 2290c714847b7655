/** What stands where a secret stood. */
export const HIDDEN = "***";

/** Shorter values are words of any text: hiding them would hide nothing and spoil everything. */
const MIN_LENGTH = 4;
/** A secret that is rotated leaves its old values known; beyond this the oldest are forgotten. */
const MAX_KNOWN = 1000;
/** Plain data is not nested deeper; what is, may be nested in itself. */
const MAX_DEPTH = 10;
// The user's name may stay: it helps to find which of several addresses is meant.
const ADDRESS_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@"]*:)[^\s/@"]+@/giu;
const SECRET_KEY =
  /(^pass|password|passphrase|passwd|secret|token|credentials?|authorization|cookie|(api|access|private)[_-]?key)$/iu;

const known = new Map<string, readonly string[]>();
let pattern: RegExp | undefined;

/** Has `value` hidden from now on, wherever text of this process is shown: see {@link redact}. */
export function hideSecret(value: string): void {
  if (value.length < MIN_LENGTH || known.has(value)) return;
  known.set(value, spellingsOf(value));
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  pattern = undefined;
}

/** Has every text hidden that stands in `value` under a key that names a secret. */
export function hideSecretsIn(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === "string" && isSecretKey(key)) hideSecret(inner);
    else hideSecretsIn(inner);
  }
}

/** `text` without the secrets that are known, and without passwords in addresses. */
export function redact(text: string): string {
  const masked = text.replace(ADDRESS_PASSWORD, `$1${HIDDEN}@`);
  if (known.size === 0) return masked;
  pattern ??= patternOf([...known.values()].flat());
  return masked.replace(pattern, HIDDEN);
}

/** Whether what stands under this key is a secret, whatever its value: `password`, `apiKey`, `authToken`. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/**
 * A copy of plain data without secrets: what stands under a key that names one is hidden, as are known ones in
 * any text. Beyond `depth` levels nothing is copied.
 */
export function withoutSecrets(value: unknown, depth: number = MAX_DEPTH): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.map((inner) => withoutSecrets(inner, depth - 1));
  if (hasToJson(value)) return withoutSecrets(value.toJSON(), depth - 1);
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    isSecretKey(key) && inner !== undefined && inner !== null ? HIDDEN : withoutSecrets(inner, depth - 1),
  ]);
  return Object.fromEntries(entries);
}

// As it stands in JSON text, in an address and in a form.
function spellingsOf(value: string): string[] {
  const percent = encodeURIComponent(value.toWellFormed());
  const spellings = [value, JSON.stringify(value).slice(1, -1), percent, percent.replaceAll("%20", "+")];
  return [...new Set(spellings)];
}

// The longest first: one secret may begin with another.
function patternOf(spellings: readonly string[]): RegExp {
  const sorted = spellings.toSorted((one, other) => other.length - one.length);
  return new RegExp(
    sorted.map((spelling) => spelling.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&")).join("|"),
    "gu",
  );
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}
