import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEntry } from "../../../core/logger.js";
import { createLogger, type RootLogger } from "../../../core/logging/create-logger.js";
import { followLog, type LogBatch } from "../../../core/logging/follow.js";
import { RepeatLimit } from "../../../core/logging/repeats.js";
import { withRequestId } from "../../../core/logging/request-id.js";
import { hideSecret } from "../../../core/secrets/redaction.js";

function open(level: "debug" | "info" = "info"): { log: RootLogger; lines: string[] } {
  const lines: string[] = [];
  const log = createLogger({ level, format: "json", colours: false, write: (line) => lines.push(line) });
  return { log, lines };
}

const messages = (lines: readonly string[]): string[] => lines.map((line) => JSON.parse(line).message);

test("messages that differ in names and numbers are let through ten times, then counted", () => {
  const { log, lines } = open();
  for (let number = 0; number < 1000; number += 1)
    log.warn(`cannot read 'file ${number}.mp3': error ${number}`);
  log.info("something else");
  log.child({ plugin: "p" }).warn("cannot read 'file 1.mp3': error 7");
  assert.equal(lines.length, 12);
  log.flush();
  assert.equal(
    messages(lines).at(-1),
    "cannot read 'file 999.mp3': error 999 (the last of 990 more like it)",
  );
  assert.equal(lines.length, 13);
  log.warn("cannot read 'file 1.mp3': error 1");
  assert.equal(lines.length, 14);
});

test("debug messages are never held back, and a flood of kinds takes no memory", () => {
  const { log, lines } = open("debug");
  for (let number = 0; number < 50; number += 1) log.debug("again");
  assert.equal(lines.length, 50);
  let written = 0;
  const limit = new RepeatLimit(() => {
    written += 1;
  });
  const entry = (message: string): LogEntry => ({ time: 0, level: "info", message });
  for (let number = 0; number < 5000; number += 1)
    limit.add(entry("x".repeat(number % 190) + "y".repeat(number / 190)));
  assert.ok(written > 4000);
});

test("the level can be changed while it is used, for every child", () => {
  const { log, lines } = open();
  const child = log.child({ plugin: "p" });
  child.debug("no");
  log.control.level = "debug";
  child.debug("yes");
  log.control.level = "error";
  child.warn("no");
  log.error("yes too");
  assert.deepEqual(messages(lines), ["yes", "yes too"]);
});

test("secrets are hidden by value and by key, wherever they stand", () => {
  const { log, lines } = open();
  hideSecret("canary-7f3a");
  log.child({ apiKey: "abc", where: "sftp://me:pw-in-address@host" }).error("no canary-7f3a here", {
    password: "p",
    headers: [{ authorization: "Bearer canary-7f3a" }],
    note: 'the "canary-7f3a"',
  });
  const [line = ""] = lines;
  assert.doesNotMatch(line, /canary|pw-in-address|"abc"|"p"/);
  const { message, headers, note } = JSON.parse(line);
  assert.deepEqual([message, headers, note], ["no *** here", [{ authorization: "***" }], 'the "***"']);
});

test("what is too long is cut, and what leads in circles is no trouble", () => {
  const { log, lines } = open();
  const circle: { self?: unknown; n: bigint } = { n: 1n };
  circle.self = circle;
  log.info("x".repeat(100_000), circle);
  log.info("y", { blob: "z".repeat(1_000_000) });
  assert.ok(lines.every((line) => line.length < 50_000));
  assert.equal(JSON.parse(lines[0] ?? "").message.length, 8193);
  assert.match(lines[1] ?? "", /left out/);
});

test("a request's number follows it through everything that is asynchronous", async () => {
  const { log, lines } = open("debug");
  const work = async (name: string): Promise<void> => {
    log.debug(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.debug(`${name} ends`);
  };
  await Promise.all([withRequestId(() => work("a")), withRequestId(() => work("b")), work("none")]);
  const numbers = new Map<string, unknown[]>();
  for (const line of lines) {
    const { message, request } = JSON.parse(line);
    const [name = ""] = message.split(" ");
    numbers.set(name, [...(numbers.get(name) ?? []), request]);
  }
  const [a = [], b = [], none] = ["a", "b", "none"].map((name) => numbers.get(name));
  assert.ok(a[0] === a[1] && b[0] === b[1] && a[0] !== b[0] && typeof a[0] === "number");
  assert.deepEqual(none, [undefined, undefined]);
});

test("the journal gets priorities, and no time of ours", () => {
  const lines: string[] = [];
  const log = createLogger({
    level: "debug",
    format: "journal",
    colours: false,
    write: (line) => lines.push(line),
  });
  log.debug("d");
  log.info("i\n<0>forged", { n: 1 });
  log.child({ plugin: "p" }).warn("w");
  log.error("e");
  assert.deepEqual(lines, ["<7>d\n", "<6>i\\n<0>forged n=1\n", "<4>[p] w\n", "<3>e\n"]);
});

test("whoever reads late gets the past, and whoever reads slowly is told what was lost", async () => {
  const { log } = open();
  for (let number = 0; number < 3000; number += 1) log.debug("below the level");
  log.info("one");
  log.warn("two");
  const { signal } = new AbortController();
  const take = async (options: object): Promise<LogBatch[]> => {
    const batches: LogBatch[] = [];
    const wanted = { lines: 100, level: "info", follow: false, ...options } as const;
    for await (const batch of followLog(log.control, wanted, signal)) batches.push(batch);
    return batches;
  };
  assert.deepEqual(
    (await take({})).flatMap(({ entries }) => entries.map(({ message }) => message)),
    ["one", "two"],
  );
  assert.deepEqual((await take({ level: "warn" }))[0]?.entries.length, 1);
  assert.deepEqual((await take({ lines: 0 }))[0]?.entries.length, 0);

  const controller = new AbortController();
  const following = followLog(log.control, { lines: 1, level: "info", follow: true }, controller.signal);
  assert.equal((await following.next()).value?.entries[0]?.message, "two");
  for (let number = 0; number < 1500; number += 1)
    log.info(`${"x".repeat(number % 150)} ${"y".repeat(number / 150)}`);
  const { value } = await following.next();
  assert.deepEqual([value?.entries.length, value?.lost], [1000, 500]);
  controller.abort();
  assert.equal((await following.next()).done, true);
});
