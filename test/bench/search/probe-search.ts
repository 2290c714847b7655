/**
 * A process of its own that indexes and searches a catalogue by both engines, as a daemon does it, and prints what it
 * measured as JSON: `probe-search.js CATALOGUE FOLDER ROUNDS QUERIES`.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { searchSqlite, searchTantivy } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";
import { type Catalogue, openCatalogue } from "#core/catalogue/catalogue.js";
import { Search } from "#core/search/search.js";
import { quantileOf } from "../statistics.js";
import { Words } from "./words.js";

export type EngineName = "tantivy" | "sqlite";

/** What one engine was seen to do; times in milliseconds, one value a round. */
export interface EngineFigures {
  readonly indexedPerSecond: number[];
  readonly indexMb: number[];
  readonly rssGrowthMb: number[];
  /** Of the search process, where the engine has one. */
  readonly processRssMb: number[];
  readonly indexingDelayMs: number[];
  readonly searchingDelayMs: number[];
  readonly visibleMs: number[];
  readonly p50: Record<string, number[]>;
  readonly p99: Record<string, number[]>;
}

const RESOLUTION_MS = 1;
const LOOK_EVERY_MS = 100;
const LIMIT = 100;
const UPDATES = 5;

/** Queries of each kind. */
const KINDS: Readonly<Record<string, (words: Words) => string>> = {
  "a word": (words) => words.word(),
  "two words": (words) => `${words.word()} ${words.word()}`,
  "a phrase": (words) => `"${words.word()} ${words.word()}"`,
  "a prefix": (words) => `${words.word().slice(0, 4)}*`,
  "a slip": (words) => `${words.word()}~1`,
  "a range of years": (words) =>
    `year:[${words.year()} TO ${words.year() + 10}]`.replace(/\[(\d+) TO (\d+)\]/u, sorted),
  mixed: (words) => `artist:${words.artist().split(" ")[0]} OR (${words.word()} -${words.word()} year:198*)`,
};

/**
 * How late a timer of a millisecond was at worst, without the time that the thread waited for a processor: what the
 * thread itself did for so long.
 */
class LoopDelay {
  worstMs = 0;
  #timer: NodeJS.Timeout | undefined;

  enable(): void {
    let lastMs = performance.now();
    let lastWaitMs = waitedMs();
    this.#timer = setInterval(() => {
      const [nowMs, waitMs] = [performance.now(), waitedMs()];
      const lateMs = nowMs - lastMs - RESOLUTION_MS - (waitMs - lastWaitMs);
      this.worstMs = Math.max(this.worstMs, lateMs);
      [lastMs, lastWaitMs] = [nowMs, waitMs];
    }, RESOLUTION_MS);
  }

  disable(): void {
    clearInterval(this.#timer);
  }

  reset(): void {
    this.worstMs = 0;
  }
}

// Of the first thread, as the kernel's scheduler counts it.
function waitedMs(): number {
  const [, waitNs = "0"] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  return Number(waitNs) / 1e6;
}

class Engine {
  readonly search: Search;
  readonly folder: string;
  readonly figures: EngineFigures = {
    indexedPerSecond: [],
    indexMb: [],
    rssGrowthMb: [],
    processRssMb: [],
    indexingDelayMs: [],
    searchingDelayMs: [],
    visibleMs: [],
    p50: {},
    p99: {},
  };
  readonly delay = new LoopDelay();

  constructor(search: Search, folder: string) {
    this.search = search;
    this.folder = folder;
  }

  async index(tracks: number): Promise<void> {
    const rssBefore = process.memoryUsage.rss();
    let rss = rssBefore;
    let processRss = 0;
    this.delay.enable();
    const startedMs = performance.now();
    this.search.open();
    while (this.search.progress.state !== "ready" || this.search.progress.tracks < tracks) {
      await delay(LOOK_EVERY_MS);
      rss = Math.max(rss, process.memoryUsage.rss());
      processRss = Math.max(processRss, ...childRss());
    }
    const { figures } = this;
    figures.indexedPerSecond.push(tracks / ((performance.now() - startedMs) / 1000));
    this.delay.disable();
    figures.indexingDelayMs.push(this.delay.worstMs);
    figures.rssGrowthMb.push((rss - rssBefore) / 1e6);
    figures.processRssMb.push(processRss / 1e6);
    figures.indexMb.push(bytesBelow(this.folder) / 1e6);
  }

  /** @returns how long it took. */
  async find(query: string): Promise<number> {
    const startedMs = performance.now();
    await this.search.find(query, { limit: LIMIT, signal: new AbortController().signal });
    return performance.now() - startedMs;
  }

  async has(query: string): Promise<boolean> {
    const { hits } = await this.search.find(query, { limit: 1, signal: new AbortController().signal });
    return hits.length > 0;
  }
}

async function main([
  cataloguePath = "",
  folder = "",
  rounds = "1",
  queries = "100",
]: readonly string[]): Promise<void> {
  const catalogue = openCatalogue(cataloguePath);
  const tracks = catalogue.files.count(catalogue.originNumber("bench"));
  const engines: Record<EngineName, Engine> = {
    tantivy: await engineOf(catalogue, searchTantivy(), join(folder, "tantivy")),
    sqlite: await engineOf(catalogue, searchSqlite(), join(folder, "sqlite")),
  };
  for (const engine of Object.values(engines)) await engine.index(tracks);
  for (let round = 0; round < Number(rounds); round++) {
    await measureQueries(Object.values(engines), round, Number(queries));
    for (const engine of Object.values(engines)) await measureUpdates(catalogue, engine, round);
  }
  for (const { search } of Object.values(engines)) await search.close();
  catalogue.close();
  console.log(
    JSON.stringify(Object.fromEntries(Object.entries(engines).map(([name, { figures }]) => [name, figures]))),
  );
  process.exit();
}

async function engineOf(
  catalogue: Catalogue,
  plugin: Parameters<typeof setUpPlugin>[0],
  cacheDir: string,
): Promise<Engine> {
  const engine = await (await setUpPlugin(plugin)).searchEngine();
  const log = { debug: say, info: say, warn: say, error: say, child: () => log };
  const search = new Search({ catalogue, engine, cacheDir, log });
  catalogue.onCommit(() => search.follow());
  return new Engine(search, cacheDir);
}

// One query of each kind in turns, so that what slows the machine falls on all alike.
async function measureQueries(engines: readonly Engine[], round: number, queries: number): Promise<void> {
  const kinds = Object.entries(KINDS);
  const words = new Words(7);
  words.random.bytes(4096 * (round + 1));
  const times = engines.map(() => kinds.map((): number[] => []));
  for (const { delay } of engines) delay.reset();
  for (let query = 0; query < queries; query++) {
    const texts = kinds.map(([, make]) => make(words));
    for (const [place, engine] of engines.entries()) {
      engine.delay.enable();
      for (const [kind, text] of texts.entries()) times[place]?.[kind]?.push(await engine.find(text));
      engine.delay.disable();
    }
  }
  for (const [place, { figures, delay }] of engines.entries()) {
    figures.searchingDelayMs.push(delay.worstMs);
    for (const [index, [kind]] of kinds.entries()) {
      const measured = times[place]?.[index] ?? [];
      figures.p50[kind] = [...(figures.p50[kind] ?? []), quantileOf(measured, 0.5)];
      figures.p99[kind] = [...(figures.p99[kind] ?? []), quantileOf(measured, 0.99)];
    }
  }
}

async function measureUpdates(catalogue: Catalogue, engine: Engine, round: number): Promise<void> {
  let worstMs = 0;
  for (let update = 1; update <= UPDATES; update++) {
    const word = `qzupdate${round}x${update}x${Math.round(performance.now())}`;
    const row = catalogue.files.byId(update);
    const tagged = row && catalogue.files.tagged(row);
    if (!row || !tagged) throw new Error(`there is no track ${update}`);
    const startedMs = performance.now();
    catalogue.transaction(() =>
      catalogue.files.saveReading(row, { ...tagged, tags: { ...tagged.tags, title: word } }),
    );
    while (!(await engine.has(word))) await delay(5);
    worstMs = Math.max(worstMs, performance.now() - startedMs);
  }
  engine.figures.visibleMs.push(worstMs);
}

function childRss(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  return children === "" ? [0] : children.split(" ").map(anonymousBytesOf);
}

// Pages of the index that the kernel keeps are the page cache's, whoever has them mapped.
function anonymousBytesOf(pid: string): number {
  const kib = /^RssAnon:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

function bytesBelow(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const sizes = names.map((name) => statSync(join(folder, name)));
  return sizes.reduce((sum, stats) => sum + (stats.isFile() ? stats.blocks * 512 : 0), 0);
}

function sorted(_: string, from: string, to: string): string {
  return `[${Math.min(Number(from), Number(to))} TO ${Math.max(Number(from), Number(to))}]`;
}

function say(message: string): void {
  console.error(message);
}

await main(process.argv.slice(2));
