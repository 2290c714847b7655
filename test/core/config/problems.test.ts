import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../../core/config/nearest.js";
import { describeIssues, formatPath } from "../../../core/config/problems.js";
import { z } from "../../../core/index.js";
import { configFolder, type LoadOptions } from "../../support/config-folder.js";

const HEAD = `import { definePlugin, z } from "musicfs";
import { originLocal, layoutArtistAlbum, mountFuse } from "musicfs/plugins";
const layoutFlat = definePlugin({ name: "layout-flat", provides: ["layout"], options: z.strictObject({ separator: z.string().default("-"), deep: z.strictObject({ colour: z.enum(["red", "green"]) }).optional() }), setup() {} });
const needy = definePlugin({ name: "needy", requires: ["layout-flat", "origin-local"], provides: ["search"], setup() {} });
const music = originLocal({ path: "/music" });
`;

/** What a config gives, written as it stands after `export default`, and the lines that must come of it. */
const CASES: readonly [what: string, config: string, lines: readonly string[], options?: LoadOptions][] = [
  [
    "everything at once",
    `{
  mountpiont: "/m",
  plugins: [
    music,
    layoutFlat({ separator: 5 }),
    "layout-artist-albm",
    mountFuse({ workers: 99, umask: "999", passthrouh: true }),
  ],
  scan: { wrkers: 3, timeout: "5 parsecs" },
  log: { level: "loud" },
}`,
    [
      "mountpoint: is missing (expected string)",
      'scan.timeout: expected milliseconds or a duration such as "30 s", from 100 ms to 600000 ms',
      "scan.wrkers: unknown key; did you mean 'workers'?",
      'log.level: expected one of "debug"|"info"|"warn"|"error"',
      "mountpiont: unknown key; did you mean 'mountpoint'?",
      "plugins[1] (layout-flat).separator: expected string, received number (musicfs.config.ts:10)",
      "plugins[2]: there is no plugin 'layout-artist-albm', and no such package beside FOLDER; did you mean 'layout-artist-album'?",
      "plugins[3] (mount-fuse).umask: must be octal, such as '022' (musicfs.config.ts:12)",
      "plugins[3] (mount-fuse).workers: expected number to be <=8 (musicfs.config.ts:12)",
      "plugins[3] (mount-fuse).passthrouh: unknown key; did you mean 'passthrough'? (musicfs.config.ts:12)",
    ],
  ],
  [
    "options inside options",
    `{ mountpoint: "/m", plugins: [music, layoutFlat({ deep: { color: "red" } })] }`,
    [
      'plugins[1] (layout-flat).deep.colour: expected one of "red"|"green" (musicfs.config.ts:6)',
      "plugins[1] (layout-flat).deep.color: unknown key; did you mean 'colour'? (musicfs.config.ts:6)",
    ],
  ],
  [
    "options of the wrong shape altogether",
    `{ mountpoint: "/m", plugins: [music, layoutFlat("x")] }`,
    ["plugins[1] (layout-flat): expected object, received string (musicfs.config.ts:6)"],
  ],
  [
    "what is no plugin",
    `{ mountpoint: "/m", plugins: [music, layoutArtistAlbum, { a: 1, b: 2 }, 7, [music]] }`,
    [
      "plugins[1]: expected a plugin, received its function; call it with its options",
      'plugins[2]: expected a plugin such as originLocal({ path: "~/Music" }), received object',
      'plugins[3]: expected a plugin such as originLocal({ path: "~/Music" }), received number',
      'plugins[4]: expected a plugin such as originLocal({ path: "~/Music" }), received array',
    ],
  ],
  [
    "views that cannot be",
    `{ mountpoint: "/m", plugins: [music, layoutFlat()], views: {
  "/": layoutArtistAlbum(),
  "By Genre": layoutArtistAlbum(),
  "/a//b": layoutArtistAlbum(),
  "/collections": layoutArtistAlbum(),
  "/Folders": music,
  "/Bad": layoutArtistAlbum({ template: 5 }),
  "/None": 7,
  "/Off": false,
} }`,
    [
      'views["By Genre"]: expected "/" or a path such as "/By Genre", received "By Genre"',
      'views["/a//b"]: "" is no name that a folder of the mount can have',
      'views["/collections"]: "/collections" is shown by MusicFS itself; take another name',
      "views[\"/Folders\"]: expected a layout, received 'origin-local', which gives origin",
      'views["/None"]: expected a plugin such as originLocal({ path: "~/Music" }), received number',
      'views["/Bad"] (layout-artist-album).template: expected string, received number (musicfs.config.ts:12)',
      'views["/"]: \'layout-flat\' in "plugins" is the layout of "/" already; keep one of both',
    ],
  ],
  [
    "no origin",
    `{ mountpoint: "/m", plugins: [layoutFlat(), false, null, undefined, "", 0] }`,
    ['plugins: no origin; add one, such as originLocal({ path: "~/Music" })'],
  ],
  [
    "no plugins, and numbers that are none",
    `{ mountpoint: NaN, scan: { workers: 1e309, timeout: -1 } }`,
    [
      "mountpoint: expected string, received NaN",
      "plugins: is missing (expected array)",
      "scan.workers: expected number, received Infinity",
      'scan.timeout: expected milliseconds or a duration such as "30 s", from 100 ms to 600000 ms',
    ],
  ],
  [
    "keys that play with prototypes",
    `{ ...JSON.parse('{ "__proto__": { "mountpoint": "/m" }, "constructor": 1 }'), mountpoint: "/m", plugins: [music] }`,
    ["__proto__: unknown key", "constructor: unknown key"],
  ],
  [
    "two plugins that miss another, and a clash",
    `{ mountpoint: "/m", plugins: [originLocal({ path: "a", id: "x" }), originLocal({ path: "b", id: "x" }), needy()] }`,
    [
      "plugins: two plugins are called 'origin-local:x' (FOLDER/musicfs.config.ts:6 and FOLDER/musicfs.config.ts:6)",
      "plugins: plugin 'needy' needs 'layout-flat', which the config lacks",
    ],
  ],
  [
    "the environment and flags, by their own names",
    `{ mountpoint: "/m", plugins: [music] }`,
    [
      "name: expected up to 64 letters, digits, '.', '_' or '-' (--name)",
      "scan.workers: expected number, received string (MUSICFS_SCAN_WORKERS)",
      'log.level: expected one of "debug"|"info"|"warn"|"error" (MUSICFS_LOG_LEVEL)',
    ],
    {
      flags: { name: "../x" },
      env: { MUSICFS_NAME: "ok", MUSICFS_SCAN_WORKERS: "many", MUSICFS_LOG_LEVEL: "loud" },
    },
  ],
  [
    "a path with a NUL",
    `{ mountpoint: "/m\\0", plugins: [music] }`,
    ["mountpoint: expected a path, received text with a NUL in it"],
  ],
];

for (const [what, config, expected, options] of CASES) {
  test(`problems of a config: ${what}`, async (t) => {
    const { folder, write, problems } = configFolder(t);
    const file = write("musicfs.config.ts", `${HEAD}export default ${config} as never;\n`);
    const { code, lines } = await problems(options);
    assert.equal(code, "MFS_CONFIG_INVALID");
    const [head, ...rest] = lines;
    assert.equal(head, `${expected.length} problem${expected.length === 1 ? "" : "s"} in ${file}`);
    assert.deepEqual(
      rest.map((line) => line.replaceAll(folder, "FOLDER")),
      expected,
    );
  });
}

test("a clash alone, or a missing plugin alone, has a code of its own", async (t) => {
  const { write, problems } = configFolder(t);
  write(
    "clash.ts",
    `${HEAD}export default { mountpoint: "/m", plugins: [music, layoutFlat(), layoutFlat()] };`,
  );
  write("missing.ts", `${HEAD}export default { mountpoint: "/m", plugins: [music, needy()] };`);
  const clash = await problems({ flags: { config: "clash.ts" } });
  assert.equal(clash.code, "MFS_PLUGIN_CLASH");
  assert.match(
    clash.lines[0] ?? "",
    /two plugins are called 'layout-flat' \(.*clash\.ts:6 and .*clash\.ts:6\)/,
  );
  const missing = await problems({ flags: { config: "missing.ts" } });
  assert.equal(missing.code, "MFS_PLUGIN_REQUIREMENT");
  assert.match(missing.lines[0] ?? "", /plugin 'needy' needs 'layout-flat', which the config lacks/);
});

/** Files that cannot be loaded, with the code and what the message must say. */
const UNREADABLE: readonly [file: string, text: string, code: string, message: RegExp][] = [
  ["a.ts", "export default {\n  a: [\n};\n", "MFS_CONFIG_UNREADABLE", /a\.ts:3: Unexpected token/],
  ["a.ts", "\nthrow new Error('boo');\n", "MFS_CONFIG_UNREADABLE", /a\.ts:2: boo$/],
  [
    "a.ts",
    "import x from 'not-there';\nexport default x;",
    "MFS_CONFIG_UNREADABLE",
    /a\.ts:1: .*'not-there'$/,
  ],
  [
    "a.ts",
    "export default () => { throw new Error('late'); };",
    "MFS_CONFIG_UNREADABLE",
    /a\.ts failed: late$/,
  ],
  ["a.ts", "export default Promise.reject(new Error('later'));", "MFS_CONFIG_UNREADABLE", /a\.ts:1: later$/],
  ["a.ts", "export const config = {};", "MFS_CONFIG_INVALID", /a\.ts exports nothing as its default$/],
  ["a.ts", "export default () => 5;", "MFS_CONFIG_INVALID", /a\.ts gives no object, but number$/],
  [
    "a.ts",
    `export default {};${" ".repeat(1024 * 1024)}`,
    "MFS_CONFIG_UNREADABLE",
    /larger than 1048576 bytes$/,
  ],
  ["a.json", '{ "mountpoint": "/m", }', "MFS_CONFIG_UNREADABLE", /a\.json: .*JSON/],
  ["a.yaml", "mountpoint: [\n", "MFS_CONFIG_UNREADABLE", /a\.yaml: .*\(2:1\)/],
  ["a.yaml", "x: !!js/function 'function () {}'\n", "MFS_CONFIG_UNREADABLE", /a\.yaml: unknown tag/],
];

for (const [file, text, code, message] of UNREADABLE) {
  test(`a file that gives no config: ${JSON.stringify(text.slice(0, 60))}`, async (t) => {
    const { write, problems } = configFolder(t);
    write(file, text);
    const found = await problems({ flags: { config: file } });
    assert.equal(found.code, code);
    assert.match(found.lines[0] ?? "", message);
  });
}

test("a name in YAML may be a module beside the config", async (t) => {
  const { write, load, problems } = configFolder(t);
  write(
    "layouts/flat.ts",
    `import { definePlugin } from "musicfs";
     export const layoutFlat = definePlugin({ name: "layout-flat", provides: ["layout"], setup() {} });`,
  );
  write("layouts/none.ts", "export const x = 1;");
  write("a.yaml", "mountpoint: /m\nplugins: [{ origin-local: { path: /x } }, ./layouts/flat.ts]\n");
  const { plugins } = await load({ flags: { config: "a.yaml" } });
  assert.deepEqual(
    plugins.map(({ name }) => name),
    ["origin-local", "layout-flat", "chunker-fastcdc", "cache-lru", "mount-fuse", "search-tantivy"],
  );
  write(
    "b.yaml",
    "mountpoint: /m\nplugins: [{ origin-local: { path: /x } }, ./layouts/none.ts, ./gone.ts]\n",
  );
  const { lines } = await problems({ flags: { config: "b.yaml" } });
  assert.equal(lines[1], "plugins[1]: the module './layouts/none.ts' exports no plugin, or several");
  assert.match(lines[2] ?? "", /^plugins\[2\]: the module '\.\/gone\.ts' cannot be loaded: /);
});

test("a union says what fits what was given", () => {
  const schema = z.strictObject({
    size: z.union([z.number().min(1), z.string().regex(/^\d+ MiB$/, 'expected "8 MiB"')]),
    kind: z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("a"), length: z.number() }),
      z.strictObject({ type: z.literal("b") }),
    ]),
  });
  const describe = (input: unknown): string[] =>
    describeIssues(schema, schema.safeParse(input).error?.issues ?? []).map(
      ({ path, message }) => `${formatPath(path)}: ${message}`,
    );
  assert.deepEqual(describe({ size: true, kind: { type: "b" } }), [
    "size: expected number or string, received boolean",
  ]);
  assert.deepEqual(describe({ size: "8 MB", kind: { type: "b" } }), ['size: expected "8 MiB"']);
  assert.deepEqual(describe({ size: 0, kind: { type: "b" } }), ["size: expected number to be >=1"]);
  assert.deepEqual(describe({ size: 1, kind: { type: "a", lenght: 1 } }), [
    "kind.length: is missing (expected number)",
    "kind.lenght: unknown key; did you mean 'length'?",
  ]);
});

test("the nearest key is a likely one, or none", () => {
  const keys = ["mountpoint", "plugins", "name", "cacheDir", "log"];
  const near = (word: string): string | undefined => nearest(word, keys);
  assert.deepEqual(["mountpiont", "MountPoint", "plugin", "cachedir", "nmae", "lgo"].map(near), [
    "mountpoint",
    "mountpoint",
    "plugins",
    "cacheDir",
    "name",
    "log",
  ]);
  assert.deepEqual(["x", "", "something", "directory"].map(near), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
