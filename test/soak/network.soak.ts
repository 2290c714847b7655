import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Origin, OriginFile } from "musicfs";
import { originSftp } from "musicfs/plugins";
import { createRandom, setUpPlugin } from "musicfs/testing";
import { FaultProxy } from "../support/fault-proxy.js";
import { openSshd } from "../support/servers/sshd.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const FILE_BYTES = 2_000_000;
const RANGE_BYTES = 128 * 1024;
/** A second of music of 320 kbit/s, which is read at twice its speed. */
const PLAYED_BYTES_PER_SECOND = 40_000;
const noAbort = new AbortController().signal;

interface Link {
  readonly origin: Origin;
  readonly content: Buffer;
  /** What the kernel counted that was done to packets. */
  dropped(): number;
}

/** A server in a network of its own, behind a link that can be spoilt. Needs root. */
async function openLink(t: TestContext, spoil: readonly (readonly string[])[], delayMs = 0): Promise<Link> {
  const name = `musicfs-${process.pid}`;
  const [near, far] = ["10.213.77.1", "10.213.77.2"];
  must("ip", "netns", "add", name);
  t.after(() => must("ip", "netns", "del", name));
  must("ip", "link", "add", "mfs-near", "type", "veth", "peer", "name", "mfs-far", "netns", name);
  must("ip", "addr", "add", `${near}/30`, "dev", "mfs-near");
  must("ip", "link", "set", "mfs-near", "up");
  const inside = (...command: string[]): string => must("ip", "netns", "exec", name, ...command);
  inside("ip", "addr", "add", `${far}/30`, "dev", "mfs-far");
  inside("ip", "link", "set", "mfs-far", "up");
  const base = temporaryFolder(t);
  const folder = join(base, "music");
  mkdirSync(folder);
  const content = Buffer.from(createRandom(1).bytes(FILE_BYTES));
  writeFileSync(join(folder, "a.flac"), content);
  const sshd = await openSshd(t, join(base, "keys"), { network: { name, address: far } });
  const proxy = await FaultProxy.open(
    { host: far, port: sshd.port },
    delayMs > 0 ? { mode: "delay", ms: delayMs } : { mode: "ok" },
  );
  t.after(() => proxy.close());
  writeFileSync(sshd.knownHosts, `[127.0.0.1]:${proxy.port} ${sshd.hostKey}\n`);
  const plugin = await setUpPlugin(
    originSftp({
      host: "127.0.0.1",
      port: proxy.port,
      username: sshd.username,
      privateKeyFile: sshd.keyFile,
      knownHosts: sshd.knownHosts,
      path: folder,
      idleTimeout: 20_000,
      timeout: 60_000,
    }),
    { configDir: base },
  );
  const [origin] = await plugin.origins();
  await plugin.close();
  assert.ok(origin);
  t.after(() => origin.close?.());
  for (const command of spoil) inside(...command);
  return {
    origin,
    content,
    dropped: () => Number(/counter packets (\d+)/u.exec(inside("nft", "list", "ruleset"))?.[1] ?? 0),
  };
}

const DROP_20_PERCENT = [
  ["nft", "add", "table", "inet", "spoil"],
  ["nft", "add", "chain", "inet", "spoil", "out", "{ type filter hook output priority 0 ; }"],
  ["nft", "add", "rule", "inet", "spoil", "out", "numgen random mod 100 < 20 counter drop"],
];
const ONE_MBIT = [
  [
    "tc",
    "qdisc",
    "add",
    "dev",
    "mfs-far",
    "root",
    "tbf",
    "rate",
    "1mbit",
    "burst",
    "16kb",
    "latency",
    "400ms",
  ],
];

test("a link that loses a fifth of all packets gives right bytes", async (t) => {
  const { origin, content, dropped } = await openLink(t, DROP_20_PERCENT);
  assert.ok(content.equals(await play(origin, FILE_BYTES)));
  assert.ok(dropped() > 10, `only ${dropped()} packets were dropped`);
});

test("over a link of 1 Mbit/s, music of 320 kbit/s is read at twice its speed", async (t) => {
  const { origin, content } = await openLink(t, ONE_MBIT);
  const startMs = performance.now();
  assert.ok(content.equals(await play(origin, FILE_BYTES)));
  const seconds = (performance.now() - startMs) / 1000;
  // The link alone takes 16 s for it: otherwise it was not spoilt.
  assert.ok(seconds > 12, `${seconds} s`);
  assert.ok(seconds < FILE_BYTES / (2 * PLAYED_BYTES_PER_SECOND), `${seconds} s`);
});

test("with half a second a round trip, music of 320 kbit/s is read at twice its speed", async (t) => {
  const { origin, content } = await openLink(t, [], 250);
  const startMs = performance.now();
  assert.ok(content.equals(await play(origin, FILE_BYTES)));
  const seconds = (performance.now() - startMs) / 1000;
  assert.ok(seconds > 0.5 * 5 && seconds < FILE_BYTES / (2 * PLAYED_BYTES_PER_SECOND), `${seconds} s`);
});

/** Reads in order, two ranges ahead, each tried again as the core does. */
async function play(origin: Origin, bytes: number): Promise<Buffer> {
  const file = await again(() => origin.stat("a.flac", noAbort));
  assert.ok(file);
  const offsets = Array.from({ length: Math.ceil(bytes / RANGE_BYTES) }, (_, index) => index * RANGE_BYTES);
  const ranges: Uint8Array[] = [];
  for (let at = 0; at < offsets.length; at += 2) {
    const pair = offsets.slice(at, at + 2);
    ranges.push(...(await Promise.all(pair.map((offset) => range(origin, file, offset, bytes)))));
  }
  return Buffer.concat(ranges);
}

function range(origin: Origin, file: OriginFile, offset: number, bytes: number): Promise<Uint8Array> {
  return again(() => origin.read(file, offset, Math.min(RANGE_BYTES, bytes - offset), noAbort));
}

async function again<T>(read: () => Promise<T>): Promise<T> {
  for (const waitMs of [100, 500, 2_000]) {
    try {
      return await read();
    } catch {
      await delay(waitMs);
    }
  }
  return read();
}

function must(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8" });
}
