const SECONDS = /^\d{1,9}$/u;

/**
 * How long a server asks to be left alone, in milliseconds: `Retry-After` in seconds or as a date
 * (RFC 9110, 10.2.3). `undefined` when it says nothing that can be understood.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number = Date.now()): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (SECONDS.test(text)) return Number(text) * 1000;
  const atMs = text.endsWith(" GMT") ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
