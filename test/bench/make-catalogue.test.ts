import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openCatalogue } from "#core/catalogue/catalogue.js";
import { ROOT_INO } from "#core/model/entry.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { makeCatalogue } from "./make-catalogue.js";

test("a made catalogue shows as many tracks as were asked for, each with its tags and its file", (t) => {
  const path = join(temporaryFolder(t), "state", "catalogue.sqlite");
  makeCatalogue(path, 45, "bench");
  const catalogue = openCatalogue(path);
  t.after(() => catalogue.close());
  assert.equal(catalogue.totals.tracks, 45);
  assert.equal(catalogue.files.count(catalogue.originNumber("bench")), 45);
  assert.deepEqual(catalogue.files.toRead(0, 1), []);

  const { reader } = catalogue;
  const artists = reader.readdir(ROOT_INO, 0, 100);
  assert.deepEqual(
    artists.map(({ name }) => name),
    ["Artist 000000", "Artist 000001", "Artist 000002"],
  );
  const albums = artists.flatMap(({ ino }) => reader.readdir(ino, 0, 100));
  const tracks = albums.flatMap(({ ino }) => reader.readdir(ino, 0, 100));
  assert.equal(tracks.length, 45);
  assert.equal(catalogue.totals.directories, 1 + artists.length + albums.length);
  for (const { ino } of tracks) {
    const file = catalogue.files.byIno(ino);
    assert.ok(file && catalogue.files.tagged(file)?.tags.title?.startsWith("Some Title"));
  }
});
