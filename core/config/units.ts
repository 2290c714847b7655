import { z } from "zod";

const TIME_UNITS_MS = {
  ms: 1,
  s: 1000,
  sec: 1000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
} as const;
const SIZE_UNITS_BYTES = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
} as const;
const QUANTITY = /^(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]{1,3})$/iu;

export interface DurationLimits {
  readonly minMs?: number;
  readonly maxMs?: number;
}

export interface SizeLimits {
  readonly minBytes?: number;
  readonly maxBytes?: number;
}

/**
 * A duration in an option: a number of milliseconds, or text such as `"500 ms"`, `"30 s"`, `"5 min"`,
 * `"2 h"`, `"7 d"`. Its value is in milliseconds.
 */
export function duration({ minMs = 0, maxMs = 365 * TIME_UNITS_MS.d }: DurationLimits = {}) {
  const problem = `expected milliseconds or a duration such as "30 s", from ${minMs} ms to ${maxMs} ms`;
  return quantity(parseDuration, minMs, maxMs, problem);
}

/**
 * A size in an option: a number of bytes, or text such as `"512 MiB"`, `"8 GiB"` (powers of 1024) or
 * `"10 GB"` (powers of 1000). Its value is in bytes.
 */
export function size({ minBytes = 0, maxBytes = Number.MAX_SAFE_INTEGER }: SizeLimits = {}) {
  const problem = `expected bytes or a size such as "8 GiB", from ${minBytes} to ${maxBytes} bytes`;
  return quantity(parseSize, minBytes, maxBytes, problem);
}

/** Milliseconds of text such as `"30 s"`; `undefined` when it is none. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, TIME_UNITS_MS);
}

/** Bytes of text such as `"8 GiB"`; `undefined` when it is none. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, SIZE_UNITS_BYTES);
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, amount, unit] = QUANTITY.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : unitOf(units, unit.toLowerCase());
  return factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

function unitOf(units: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(units, name) ? units[name] : undefined;
}

function quantity(
  parse: (text: string) => number | undefined,
  min: number,
  max: number,
  message: string,
): z.ZodPipe<z.ZodUnion<readonly [z.ZodNumber, z.ZodString]>, z.ZodTransform<number, number | string>> {
  return z.union([z.number(), z.string()]).transform((given, context) => {
    const value = typeof given === "number" ? given : parse(given);
    if (value !== undefined && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}
