import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Catalogue, openCatalogue } from "../../core/catalogue/catalogue.js";
import type {
  SearchAnswer,
  SearchEngine,
  SearchIndex,
  SearchProgress,
} from "../../core/model/search-engine.js";
import type { TrackTags } from "../../core/model/track.js";
import { type ParseQueryOptions, parseQuery } from "../../core/search/query.js";
import { noAbort } from "./deadline.js";

/** Longest that a change of a small library may take to be found, in milliseconds. A quick machine takes 100. */
const PATIENCE_MS = 20_000;
const POLL_MS = 20;

/** A track as the cases describe it; the title tells it apart. */
export type SampleTrack = Partial<TrackTags> & { readonly title: string; readonly path?: string };

/** A catalogue, and the index that an engine makes of it. */
export class SearchLibrary {
  readonly #folder = mkdtempSync(join(tmpdir(), "musicfs-search-"));
  readonly #engine: SearchEngine;
  readonly #patienceMs: number;
  readonly #titles = new Map<number, string>();
  #catalogue: Catalogue;
  #index: SearchIndex | undefined;
  /** What the engine told about its progress, in order. */
  readonly told: SearchProgress[] = [];
  /** What the engine warned of, in order. */
  readonly warnings: string[] = [];

  constructor(engine: SearchEngine, patienceMs = PATIENCE_MS) {
    this.#engine = engine;
    this.#patienceMs = patienceMs;
    this.#catalogue = openCatalogue(this.#cataloguePath);
  }

  /** The engine's own folder. */
  get folder(): string {
    return join(this.#folder, "index");
  }

  get index(): SearchIndex {
    if (!this.#index) throw new Error("open the library first");
    return this.#index;
  }

  async open(): Promise<this> {
    mkdirSync(this.folder, { recursive: true });
    const source = { cataloguePath: this.#cataloguePath };
    const log = { info: () => undefined, warn: (warning: string) => void this.warnings.push(warning) };
    const onProgress = (progress: SearchProgress): void => void this.told.push(progress);
    this.#index = await this.#engine.open({ source, folder: this.folder, log, onProgress });
    return this;
  }

  /** Closes the index and opens it again, with all that was found before. */
  async reopen(): Promise<void> {
    await this.index.close();
    await this.open();
  }

  /** Begins another catalogue, with nothing in it, beside the index of the present one. */
  async replaceCatalogue(): Promise<void> {
    await this.index.close();
    this.#catalogue.close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(this.#cataloguePath + suffix, { force: true });
    this.#titles.clear();
    this.#catalogue = openCatalogue(this.#cataloguePath);
  }

  /** Adds tracks, in one commit. @returns their ids. */
  add(tracks: readonly SampleTrack[]): number[] {
    const ids = this.#catalogue.transaction(() => tracks.map((track) => this.#insert(track)));
    this.#index?.follow();
    return ids;
  }

  /** Gives a track other tags. */
  replace(id: number, track: SampleTrack): void {
    this.#catalogue.transaction(() => this.#save(id, track));
    this.#index?.follow();
  }

  remove(ids: readonly number[]): void {
    this.#catalogue.transaction(() => {
      for (const id of ids) {
        const row = this.#catalogue.files.byId(id);
        if (row) this.#catalogue.files.remove(row);
      }
    });
    this.#index?.follow();
  }

  async search(text: string, limit = 1000, options: ParseQueryOptions = {}): Promise<SearchAnswer> {
    return this.index.search(parseQuery(text, options), limit, noAbort());
  }

  /** Titles that are found, the best first. */
  async titles(text: string, options: ParseQueryOptions = {}): Promise<string[]> {
    const { hits } = await this.search(text, 1000, options);
    return hits.map(({ id }) => this.#titles.get(id) ?? `unknown track ${id}`);
  }

  /** Sees that a query finds exactly these titles, in any order, at the latest when the index is up to date. */
  async finds(text: string, titles: readonly string[], options: ParseQueryOptions = {}): Promise<void> {
    const expected = [...titles].sort();
    const deadlineMs = performance.now() + this.#patienceMs;
    let found = (await this.titles(text, options)).sort();
    while (JSON.stringify(found) !== JSON.stringify(expected) && performance.now() < deadlineMs) {
      await setTimeout(POLL_MS);
      found = (await this.titles(text, options)).sort();
    }
    assert.deepEqual(found, expected, `what '${text.slice(0, 80)}' finds`);
  }

  /** Waits until the index says that it has all of the library. */
  async ready(): Promise<void> {
    await this.#until(({ state }) => state === "ready");
  }

  /** Waits until the index says that it is ready and has so many tracks. */
  async counts(expected: number): Promise<void> {
    await this.#until(({ state, tracks }) => state === "ready" && tracks === expected);
  }

  /** Waits until the index says that it is ready, and has a later change than `stamp`. */
  async passes(stamp: number): Promise<void> {
    await this.#until((progress) => progress.state === "ready" && (progress.stamp ?? 0) > stamp);
  }

  async close(): Promise<void> {
    await this.#index?.close();
    this.#catalogue.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #until(holds: (progress: SearchProgress) => boolean): Promise<void> {
    const deadlineMs = performance.now() + this.#patienceMs;
    while (!holds(this.index.progress)) {
      assert.ok(performance.now() < deadlineMs, `the index is still ${JSON.stringify(this.index.progress)}`);
      await setTimeout(POLL_MS);
    }
  }

  get #cataloguePath(): string {
    return join(this.#folder, "catalogue.sqlite");
  }

  #insert({ path, ...track }: SampleTrack): number {
    const origin = this.#catalogue.originNumber("sample");
    const name = path ?? `${this.#titles.size + 1}.flac`;
    const { id } = this.#catalogue.files.insert(origin, { path: name, sizeBytes: 1, mtimeMs: 1 });
    this.#save(id, track);
    return id;
  }

  #save(id: number, { path: _, ...tags }: SampleTrack): void {
    const none = { artists: [], albumArtists: [], genres: [], composers: [], compilation: false };
    const row = this.#catalogue.files.byId(id);
    if (!row) throw new Error(`there is no track ${id}`);
    this.#catalogue.files.saveReading(row, { tags: { ...none, ...tags }, audio: { format: "flac" } });
    this.#titles.set(id, tags.title);
  }
}
