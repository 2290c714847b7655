import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parsePathList, readPathList } from "#core/cli/path-list.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

test("comments, empty lines, a byte order mark and line ends of all kinds are no paths", () => {
  const list = "\ufeff#EXTM3U\r\n#EXTINF:123,A - B\r\n\r\nA/01 - B.flac\n   \n/C/D.mp3\r#x\r";
  assert.deepEqual(parsePathList(list, "/"), ["/A/01 - B.flac", "/C/D.mp3"]);
});

test("spaces at the ends of a name belong to it", () => {
  assert.deepEqual(parsePathList(" A/ b .ogg \n", "/"), ["/ A/ b .ogg "]);
});

test("a file URL is the path that it stands for, and any other URL stays as it is", () => {
  assert.deepEqual(parsePathList("file:///mnt/music/A%20B/c%23.flac\nfile://host/x\nhttp://a/b.mp3", "/"), [
    "/mnt/music/A B/c#.flac",
    "file://host/x",
    "/http:/a/b.mp3",
  ]);
});

test("a relative path is one beside a list in the mount, and one of the tree in any other", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "list.m3u8");
  writeFileSync(file, "../A/b.flac\n");
  assert.deepEqual(await readPathList(file, folder), [join(folder, "../A/b.flac")]);
  assert.deepEqual(await readPathList(file, "/mnt/elsewhere"), ["/A/b.flac"]);
});

test("a list that is not UTF-8 is read as Latin-1", async (t) => {
  const file = join(temporaryFolder(t), "list.m3u");
  writeFileSync(file, Buffer.from("Bj\u00f6rk/J\u00f3ga.flac\n", "latin1"));
  assert.deepEqual(await readPathList(file, "/mnt"), ["/Björk/Jóga.flac"]);
});

test("a list that cannot be read is named", async () => {
  await assert.rejects(() => readPathList("/nonexistent/list.m3u", "/mnt"), {
    code: "MFS_USAGE",
    message: /the list '\/nonexistent\/list\.m3u' cannot be read: ENOENT/,
  });
});
