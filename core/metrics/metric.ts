import type { LatencyHistogram } from "../model/mount-driver.js";

export type Labels = Readonly<Record<string, string>>;

/** One number of a metric. */
export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
  /** What the number is called after the metric's name, in a histogram: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
}

/** A metric of Prometheus (https://prometheus.io/docs/concepts/metric_types); its numbers are asked for when they are read. */
export interface Metric {
  /** With its unit at the end, and `_total` for a counter. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  samples(): readonly Sample[];
}

export function counter(name: string, help: string, samples: () => readonly Sample[]): Metric {
  return { name, type: "counter", help, samples };
}

export function gauge(name: string, help: string, samples: () => readonly Sample[]): Metric {
  return { name, type: "gauge", help, samples };
}

/** A histogram in seconds of times in milliseconds, one for each value of a label. */
export function histogram(
  name: string,
  help: string,
  label: string,
  histograms: () => Readonly<Record<string, LatencyHistogram>>,
): Metric {
  const samples = (): Sample[] =>
    Object.entries(histograms()).flatMap(([value, times]) => histogramSamples(times, { [label]: value }));
  return { name, type: "histogram", help, samples };
}

/** One number. */
export function single(value: number): Sample[] {
  return [{ value }];
}

/** One number for each value of a label. */
export function byLabel(label: string, values: Iterable<readonly [string, number]>): Sample[] {
  return Array.from(values, ([name, value]) => ({ value, labels: { [label]: name } }));
}

function histogramSamples({ boundsMs, counts, sumMs }: LatencyHistogram, labels: Labels): Sample[] {
  let count = 0;
  const buckets = counts.map((inRange, index): Sample => {
    count += inRange;
    const bound = boundsMs[index];
    const le = bound === undefined ? "+Inf" : String(bound / 1000);
    return { value: count, labels: { ...labels, le }, suffix: "_bucket" };
  });
  return [
    ...buckets,
    { value: sumMs / 1000, labels, suffix: "_sum" },
    { value: count, labels, suffix: "_count" },
  ];
}
