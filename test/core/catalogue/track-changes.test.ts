import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Catalogue, openCatalogue } from "../../../core/catalogue/catalogue.js";
import type { FileRow } from "../../../core/catalogue/files.js";
import { openTrackChanges, type TrackChanges } from "../../../core/catalogue/track-changes.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const NO_TAGS = { artists: [], albumArtists: [], genres: [], composers: [], compilation: false };

interface Opened {
  readonly catalogue: Catalogue;
  readonly changes: TrackChanges;
  add(path: string): FileRow;
  tag(row: FileRow, title: string): void;
  /** What changed since a stamp: titles, and `-` for what is gone. */
  since(stamp: number): string[];
}

test("each track is told once, with its last change, from any stamp on", (t) => {
  const { catalogue, changes, add, tag, since } = open(t);
  const [one, two, three] = [add("1.flac"), add("2.flac"), add("3.flac")];
  assert.deepEqual(since(0), []);
  tag(one, "One");
  tag(two, "Two");
  tag(three, "Three");
  const stamp = changes.last;
  assert.deepEqual(since(0), ["One", "Two", "Three"]);
  assert.deepEqual(since(stamp), []);

  tag(one, "First");
  catalogue.transaction(() => catalogue.files.remove(two));
  assert.deepEqual(since(0), ["Three", "First", "-"]);
  assert.deepEqual(since(stamp), ["First", "-"]);
  assert.deepEqual(
    changes.after(0, 1).map(({ fileId }) => fileId),
    [three.id],
  );
  assert.equal(changes.after(stamp, 10).at(-1)?.stamp, changes.last);
});

test("what is undone was never a change", (t) => {
  const { catalogue, changes, add, since } = open(t);
  const row = add("1.flac");
  assert.throws(() =>
    catalogue.transaction(() => {
      catalogue.files.saveReading(row, { tags: { ...NO_TAGS, title: "Never" }, audio: { format: "flac" } });
      throw new Error("no");
    }),
  );
  assert.deepEqual([since(0), changes.last], [[], 0]);
});

test("only so many tracks that are gone are remembered, and it is known how far that reaches back", (t) => {
  const { catalogue, changes, add, tag } = open(t);
  const rows = Array.from({ length: 10 }, (_, index) => add(`${index}.flac`));
  for (const row of rows) tag(row, row.path);
  const before = changes.last;
  catalogue.transaction(() => {
    for (const row of rows.slice(0, 6)) catalogue.files.remove(row);
  });
  assert.equal(catalogue.forgetGone(10, 100), 0);
  assert.ok(changes.reachesBackTo(before));
  assert.equal(catalogue.forgetGone(2, 3), 3);
  assert.equal(catalogue.forgetGone(2, 3), 1);
  assert.equal(catalogue.forgetGone(2, 3), 0);
  assert.ok(!changes.reachesBackTo(before));
  assert.ok(
    changes.reachesBackTo(before + 4) && changes.reachesBackTo(changes.last) && changes.reachesBackTo(0),
  );
  assert.ok(!changes.reachesBackTo(changes.last + 1));
});

test("two catalogues have two identities, and one keeps its own", (t) => {
  const folder = temporaryFolder(t);
  const identity = (name: string): string => {
    const path = join(folder, name);
    openCatalogue(path).close();
    const changes = openTrackChanges(path);
    changes.close();
    return changes.identity;
  };
  assert.match(identity("a.sqlite"), /^[0-9a-f]{32}$/u);
  assert.equal(identity("a.sqlite"), identity("a.sqlite"));
  assert.notEqual(identity("a.sqlite"), identity("b.sqlite"));
});

function open(t: TestContext): Opened {
  const path = join(temporaryFolder(t), "catalogue.sqlite");
  const catalogue = openCatalogue(path);
  const changes = openTrackChanges(path);
  t.after(() => {
    changes.close();
    catalogue.close();
  });
  const origin = catalogue.originNumber("origin");
  return {
    catalogue,
    changes,
    add: (name) =>
      catalogue.transaction(() => catalogue.files.insert(origin, { path: name, sizeBytes: 1, mtimeMs: 1 })),
    tag: (row, title) =>
      catalogue.transaction(() =>
        catalogue.files.saveReading(row, { tags: { ...NO_TAGS, title }, audio: { format: "flac" } }),
      ),
    since: (stamp) => changes.after(stamp, 100).map(({ file }) => file?.tags.title ?? "-"),
  };
}
