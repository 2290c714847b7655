import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT } from "../../../core/errors.js";
import { openAccount } from "../../support/command-line.js";
import { EXAMPLE_LIBRARY } from "../../support/tree-files.js";

/** A local origin whose listing comes in the order that `ORDER` names. */
const CONFIG = `
import { definePlugin } from "musicfs";
import { layoutArtistAlbum, layoutOrigin, layoutTemplate } from "musicfs/plugins";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = ${JSON.stringify(EXAMPLE_LIBRARY)};
const describe = (path) => {
  const { size, mtimeMs } = statSync(join(root, path));
  return { path, sizeBytes: size, mtimeMs };
};
const orders = {
  forwards: (paths) => paths.sort(),
  backwards: (paths) => paths.sort().reverse(),
  mixed: (paths) => paths.sort((one, other) => [...one].reverse().join("") < [...other].reverse().join("") ? -1 : 1),
};
const originInOrder = definePlugin({
  name: "origin-in-order",
  provides: ["origin"],
  setup({ hooks }) {
    hooks.openOrigin.tap(() => ({
      id: "music",
      local: { root, followSymlinks: false },
      async *list() {
        const found = readdirSync(root, { recursive: true, withFileTypes: true });
        const paths = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
        for (const path of orders[process.env.ORDER](paths)) yield { files: [describe(path)], unreadable: [] };
      },
      stat: async (path) => describe(path),
      read: async () => { throw new Error("it is local"); },
    }));
  },
});
export default {
  mountpoint: "/m",
  plugins: [originInOrder()],
  views: {
    "/": layoutArtistAlbum(),
    "/One": layoutTemplate({ template: "one.$format" }),
    "/Each": layoutArtistAlbum({ eachArtist: true }),
    "/Folders": layoutOrigin(),
  },
};
`;

test("'tree --json' is the same to the byte whatever the order of the scan", async (t) => {
  const { musicfs, write } = openAccount(t);
  write("musicfs.config.ts", CONFIG);
  const trees: string[] = [];
  for (const ORDER of ["forwards", "backwards", "mixed"]) {
    const { code, stdout, stderr } = await musicfs(["tree", "--json"], { ORDER });
    assert.equal(code, EXIT.ok, stderr);
    trees.push(stdout);
  }
  const { tracks, collisions, entries } = JSON.parse(trees[0] ?? "");
  assert.equal(tracks, 32);
  assert.ok(collisions > 20, "of one name there is one that is plain in each format");
  assert.ok(entries.some(({ path }: { path: string }) => path.startsWith("/Folders/Loose/")));
  assert.equal(trees[1], trees[0]);
  assert.equal(trees[2], trees[0]);
});

test("'tree --view' shows one view, and without the others' folders", async (t) => {
  const { musicfs, write } = openAccount(t);
  write("musicfs.config.ts", CONFIG);
  const pathsOf = async (...args: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await musicfs(["tree", "--json", ...args], { ORDER: "forwards" });
    assert.equal(code, EXIT.ok, stderr);
    return JSON.parse(stdout).entries.map(({ path }: { path: string }) => path);
  };
  const root = await pathsOf("--view", "/", "--depth", "1");
  assert.ok(root.includes("/Marrow & Finch") && !root.includes("/Folders") && !root.includes("/One"));
  const folders = await pathsOf("--view", "Folders", "Loose");
  assert.ok(folders.length > 3 && folders.every((path) => path.startsWith("/Folders/Loose/")));
  const wrong = await musicfs(["tree", "--view", "/Nothing"], { ORDER: "forwards" });
  assert.equal(wrong.code, EXIT.usage);
  assert.match(wrong.stderr, /there is no view '\/Nothing'; there are .*\/Folders/);
});
