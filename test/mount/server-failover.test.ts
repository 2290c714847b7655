import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { readInSteps } from "./fixtures/read-in-steps.js";
import { readThroughFaults, readWhileServersFlap } from "./fixtures/server-faults.js";
import { withSeveralServers } from "./fixtures/several-servers.js";

const MIB = 1024 * 1024;

describe("real servers behind a bad network", () => {
  test("a file goes on from another server when one hangs, resets its connections, or stalls in the middle of an answer", (t) =>
    readThroughFaults(t, [
      ["SFTP", "hang"],
      ["S3", "reset"],
      ["WebDAV", "stall"],
    ]));

  test("two servers that reset their connections in turns of 10 ms, 16 readers: no error, no wrong byte", (t) =>
    readWhileServersFlap(t, { names: ["S3", "WebDAV"], fault: { mode: "reset" }, everyMs: 10 }, 4_000));

  test("with hedge, a server that has become slow is not waited for, and no more is asked than twice", (t) =>
    withSeveralServers(
      t,
      { names: ["WebDAV", "S3"], tracks: 2, trackBytes: 8 * MIB },
      async ({ servers, tracks, prefer, figuresOf, instance }) => {
        const [slow] = servers;
        const [known, track] = tracks;
        assert.ok(slow && known && track);
        const requests = async (): Promise<number> =>
          JSON.parse((await instance.cli(["cache", "stats", "--json"])).stdout).originRequests;
        await prefer("WebDAV", { hedge: true });
        // So it is known how long it takes as a rule.
        assert.ok((await readFile(known.shown)).equals(known.content));
        // Shorter than what makes it silent for those who do not hedge.
        slow.proxy.set({ mode: "delay", ms: 1_200 });
        const before = {
          slow: await figuresOf("WebDAV"),
          fast: await figuresOf("S3"),
          asked: await requests(),
        };
        const bytes = await readInSteps(track.shown, track.content.length, () => undefined);
        assert.ok(bytes.equals(track.content), "wrong bytes");
        const after = {
          slow: await figuresOf("WebDAV"),
          fast: await figuresOf("S3"),
          asked: await requests(),
        };
        const asked = after.asked - before.asked;
        const hedges = after.slow.hedges - before.slow.hedges;
        t.diagnostic(`${asked} pieces, ${hedges} of them asked for twice`);
        assert.ok(slow.proxy.counts.faults > 0, "it was not slow");
        assert.ok(hedges > 0 && hedges <= asked, `${hedges} hedges of ${asked} pieces`);
        assert.ok(after.slow.failovers > before.slow.failovers, "the other one did not answer");
        assert.ok(after.fast.readBytes - before.fast.readBytes > 7 * MIB, "it was waited for");
        assert.equal(after.slow.state, "connected", "who is slow has not failed");
        assert.equal(after.slow.readErrors, before.slow.readErrors);
      },
    ));
});
