import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../core/control/status.js";
import { EXIT } from "../../../core/errors.js";
import { openAccount } from "../../support/command-line.js";
import { run, until } from "../../support/process.js";

test("'search' finds tracks of the running instance, says what it is about, and survives its process", async (t) => {
  const { mountpoint, musicfs } = openAccount(t);
  assert.equal((await musicfs(["search", "tide"])).code, EXIT.notRunning);
  const started = await musicfs(["start", "--detach"]);
  assert.equal(started.code, EXIT.ok, started.stderr);
  const status = async (): Promise<Status> => JSON.parse((await musicfs(["status", "--json"])).stdout);
  const { pid } = await until("all is indexed", async () => {
    const answer = await status();
    const { scan, search } = answer;
    return scan.state === "idle" && search.state === "ready" && search.tracks === 32 ? answer : undefined;
  });
  assert.match((await musicfs(["status"])).stdout, /^search +ready, 32 tracks \(search-\w+\)$/mu);

  const found = await musicfs(["search", "salt lanterns", "keeper"]);
  assert.deepEqual(
    [found.code, found.stdout.split("\t").slice(0, 3), found.stderr],
    [EXIT.ok, ["The Keeper's Daughter", "Marrow & Finch", "Salt Lanterns"], ""],
  );
  // What it prints last is where the track lies.
  const path = found.stdout.trimEnd().split("\t").at(-1);
  assert.equal((await run(["ls", `${mountpoint}${path}`])).code, 0);

  const limited = await musicfs(["search", "marrow", "--limit", "1"]);
  assert.equal(limited.stdout.split("\n").length, 2);
  assert.match(limited.stderr, /^1 track, of 4 \(--limit shows more\)\n$/u);

  const { hits, total, indexing } = JSON.parse((await musicfs(["search", "title:tide", "--json"])).stdout);
  assert.deepEqual([hits.length, total, indexing], [1, 1, false]);
  assert.deepEqual(hits[0].highlights, [{ field: "title", start: 0, length: 4 }]);
  assert.equal((await musicfs(["search", "--field", "artist", "--field", "album", "tide"])).stdout, "");

  const slip = await musicfs(["search", "lanturns", "-live"]);
  assert.deepEqual([slip.code, slip.stdout], [EXIT.ok, ""]);
  assert.match(slip.stderr, /^no track was found\ndid you mean: lanterns -live\n$/u);

  const wrong = await musicfs(["search", "artits:bach"]);
  assert.equal(wrong.code, EXIT.usage);
  assert.match(wrong.stderr, /MFS_QUERY_INVALID: .*did you mean 'artist'\?\n {2}artits:bach\n {2}\^\n/u);
  assert.equal((await musicfs(["search", "x", "--field", "titel"])).code, EXIT.usage);
  assert.equal((await musicfs(["search", "x", "--limt", "3"])).code, EXIT.usage);

  const { stdout: children } = await run(["pgrep", "-P", String(pid), "-f", "musicfs search"]);
  for (const child of children.split("\n").filter(Boolean)) process.kill(Number(child), "SIGKILL");
  assert.equal((await musicfs(["search", "keeper"])).stdout, found.stdout);
  assert.equal((await run(["ls", mountpoint])).code, 0);
  assert.equal((await status()).pid, pid);
});
