export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws RangeError for no values at all. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1) };
}

/** The value that `fraction` of the values are at most, between the two nearest ones. */
export function quantileOf(values: readonly number[], fraction: number): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    fraction,
  );
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

/** One ratio a round, so that what slows a whole round down cancels out. */
export function ratiosOf(values: readonly number[], against: readonly number[]): number[] {
  return values.map((value, round) => value / (against[round] ?? Number.NaN));
}

/** Linear between the two nearest of the `sorted` values. */
function quantile(sorted: readonly number[], fraction: number): number {
  const place = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError("no values");
  return below + (above - below) * (place - Math.floor(place));
}
