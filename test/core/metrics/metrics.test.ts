import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { NO_REQUESTS, type Status } from "../../../core/control/status.js";
import { Latency } from "../../../core/metrics/latency.js";
import { answerMetrics } from "../../../core/metrics/metrics-file.js";
import { createMetricRegistry, type MetricRegistry } from "../../../core/metrics/registry.js";
import type { MetricSources } from "../../../core/metrics/sources.js";
import type { LateAnswers } from "../../../core/model/mount-driver.js";
import type { Search } from "../../../core/search/search.js";
import { lookupOwn, OWN_DIRECTORY_INO } from "../../../core/vfs/own-nodes.js";

const DASHBOARD = fileURLToPath(new URL("../../../../examples/grafana/musicfs.json", import.meta.url));

const STATUS = {
  ...NO_REQUESTS,
  version: "1.2.3",
  name: 'with "quotes"\n',
  driver: "mount-fuse",
  uptimeMs: 1500,
  tracks: 12,
  directories: 3,
  bytes: 1e12,
  scan: { state: "idle", done: 0, total: 0, skipped: 2, unreadableFolders: 0, filesPerSecond: 0 },
  origins: [
    { id: "a", files: 7 },
    { id: "b", files: 5, error: "gone" },
  ],
} as unknown as Status;

function open(t: { after(fn: () => void): void }, more: Partial<MetricSources> = {}): MetricRegistry {
  const search = { engine: "none", latency: new Latency(), progress: { state: "ready", tracks: 12 } };
  const registry = createMetricRegistry({
    status: () => STATUS,
    statistics: () => ({ ...NO_REQUESTS, requests: { lookup: 100, read: 7 }, copiedBytes: 4096 }),
    latencies: () => ({ lookup: { boundsMs: [0.004, 0.008], counts: [5, 2, 1], sumMs: 0.05 } }),
    storeStats: () => undefined,
    search: search as unknown as Search,
    origins: new Map(),
    scans: new Map(),
    subscribers: () => 0,
    ...more,
  });
  t.after(() => registry.close());
  return registry;
}

test("the text is Prometheus' own, with labels escaped and histograms added up", async (t) => {
  const text = await open(t).render();
  assert.match(
    text,
    /^# HELP musicfs_library_tracks Tracks in the tree\.\n# TYPE musicfs_library_tracks gauge$/m,
  );
  assert.match(text, /^musicfs_library_bytes 1000000000000$/m);
  assert.match(
    text,
    /^musicfs_info\{version="1\.2\.3",driver="mount-fuse",name="with \\"quotes\\"\\n"\} 1$/m,
  );
  assert.match(text, /^musicfs_fuse_requests_total\{operation="lookup"\} 100$/m);
  assert.match(text, /^musicfs_origin_up\{origin="b"\} 0$/m);
  const buckets = [...text.matchAll(/^musicfs_fuse_request_duration_seconds_(\S+) (\S+)$/gm)];
  assert.deepEqual(
    buckets.map(([, name, value]) => [name, Number(value)]),
    [
      ['bucket{operation="lookup",le="0.000004"}', 5],
      ['bucket{operation="lookup",le="0.000008"}', 7],
      ['bucket{operation="lookup",le="+Inf"}', 8],
      ['sum{operation="lookup"}', 0.00005],
      ['count{operation="lookup"}', 8],
    ],
  );
});

test("what many metrics are made of is asked once a reading", async (t) => {
  let asked = 0;
  const registry = open(t, {
    status: () => {
      asked += 1;
      return STATUS;
    },
  });
  await registry.render();
  assert.equal(asked, 1);
  await registry.render();
  assert.equal(asked, 2);
});

test("names and units are as Prometheus wants them, each with a help", (t) => {
  const { metrics } = open(t);
  for (const { name, type, help } of metrics) {
    assert.match(name, /^(?:musicfs|process|nodejs)_[a-z0-9_]+$/);
    assert.equal(name.endsWith("_total") && name !== "musicfs_scan_files_total", type === "counter", name);
    assert.match(help, /^(?:[A-Z1].*)\.$/, name);
  }
  assert.equal(new Set(metrics.map(({ name }) => name)).size, metrics.length);
});

test("every query of the dashboard names metrics that there are", (t) => {
  const { metrics } = open(t);
  const names = new Set(
    metrics.flatMap(({ name, type }) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const text = readFileSync(DASHBOARD, "utf8");
  const expressions = [...JSON.stringify(JSON.parse(text)).matchAll(/"(?:expr|query)":"((?:[^"\\]|\\.)*)"/g)];
  const used = expressions.flatMap(([, expression = ""]) =>
    [...expression.matchAll(/\b(?:musicfs|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name),
  );
  assert.ok(used.length >= 20, `${used.length}`);
  assert.deepEqual(
    [...new Set(used)].filter((name) => !names.has(name)),
    [],
  );
  const panels: { id: number; targets: { expr: string }[] }[] = JSON.parse(text).panels;
  assert.ok(panels.every(({ targets }) => targets.every(({ expr }) => /[a-z]+_[a-z]+/.test(expr))));
});

test("a version of the metrics' file is one text, in however many pieces it is read", async () => {
  let made = 0;
  const late = {
    read: async () => assert.fail("not a live file"),
    lookup: async () => assert.fail("not in the folder"),
  } as unknown as LateAnswers;
  const answers = answerMetrics(late, async () => `text ${++made}: ${"x".repeat(100)}`);
  const { signal } = new AbortController();
  const { ino = 0 } = lookupOwn(OWN_DIRECTORY_INO, "metrics") ?? {};
  const piece = async (revision: number, from: number): Promise<string> =>
    answers.read(ino, revision, from, 10, signal, (bytes) => Buffer.from(bytes).toString());
  assert.equal(await piece(1, 0), "text 1: xx");
  assert.equal(await piece(2, 0), "text 2: xx");
  assert.equal(await piece(1, 5), "1: xxxxxxx");
  assert.equal(await piece(1, 105), "xxx");
  assert.equal(await piece(1, 500), "");
  assert.equal(await answers.lookup(OWN_DIRECTORY_INO, "nothing", signal), undefined);
  assert.equal(made, 2);
});
