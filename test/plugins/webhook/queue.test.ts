import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { EventQueue } from "../../../plugins/webhook/queue.js";
import { until } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const LIMITS = { maxEvents: 1000, maxBytes: 2 ** 20 };
const WRITER = fileURLToPath(new URL("queue-writer.js", import.meta.url));

const body = (text: string) => (sequence: number) => JSON.stringify({ sequence, text });

async function drain(queue: EventQueue): Promise<string[]> {
  const texts: string[] = [];
  for (let event = await queue.next(); event; event = await queue.next()) {
    texts.push(JSON.parse(event.body).text);
    await queue.done(event.sequence);
  }
  return texts;
}

test("events come in their order, also after the queue was closed and opened", async (t) => {
  const path = join(temporaryFolder(t), "queue");
  const first = await EventQueue.open(path, LIMITS);
  await Promise.all(["a", "b\n\u2028\u2029é", "c", "d"].map((text) => first.push(body(text))));
  const event = await first.next();
  await first.done(event?.sequence ?? 0);
  await first.close();

  const second = await EventQueue.open(path, LIMITS);
  assert.equal(second.size, 3);
  await second.push(body("e"));
  const next = await second.next();
  assert.equal(next?.id.slice(0, 16), event?.id.slice(0, 16));
  assert.deepEqual(await drain(second), ["b\n\u2028\u2029é", "c", "d", "e"]);
  assert.equal(await second.next(), undefined);
  await second.close();
});

test("numbers go on where they were, also when nothing waits", async (t) => {
  const path = join(temporaryFolder(t), "queue");
  for (const expected of [1, 2, 3]) {
    const queue = await EventQueue.open(path, LIMITS);
    await queue.push(body("x"));
    assert.equal((await queue.next())?.sequence, expected);
    await drain(queue);
    await queue.close();
  }
});

test("a line that a crash cut off is not an event; a damaged one is counted", async (t) => {
  const path = join(temporaryFolder(t), "queue");
  const queue = await EventQueue.open(path, LIMITS);
  await queue.push(body("a"));
  await queue.close();
  appendFileSync(path, `\0\0\0\n${JSON.stringify({ sequence: 2, text: "b" })}\n{"sequence":3,"te`);
  const again = await EventQueue.open(path, LIMITS);
  assert.equal(again.damagedLines, 1);
  await again.push(body("c"));
  assert.deepEqual(await drain(again), ["a", "b", "c"]);
  await again.close();
});

test("a file that is no queue is an empty one", async (t) => {
  const path = join(temporaryFolder(t), "queue");
  writeFileSync(path, "no queue at all");
  const queue = await EventQueue.open(path, LIMITS);
  await queue.push(body("a"));
  assert.deepEqual(await drain(queue), ["a"]);
  await queue.close();
});

test("above its limits the oldest events go, and are counted", async (t) => {
  const folder = temporaryFolder(t);
  const few = await EventQueue.open(join(folder, "few"), { ...LIMITS, maxEvents: 3 });
  for (const text of ["a", "b", "c", "d", "e"]) await few.push(body(text));
  assert.deepEqual([few.lost, few.size], [2, 3]);
  assert.equal((await few.next())?.sequence, 3);
  assert.deepEqual(await drain(few), ["c", "d", "e"]);
  await few.close();

  const small = await EventQueue.open(join(folder, "small"), { ...LIMITS, maxBytes: 2500 });
  for (const text of ["a", "b", "c"]) await small.push(body(text.repeat(1000)));
  assert.deepEqual([small.lost, small.size], [1, 2]);
  await small.close();
});

test("the file does not grow with what was done, nor with what was lost", async (t) => {
  const path = join(temporaryFolder(t), "queue");
  const text = "x".repeat(10_000);
  const queue = await EventQueue.open(path, { maxEvents: 20, maxBytes: 2 ** 20 });
  for (let round = 0; round < 200; round += 1) await queue.push(body(text));
  await queue.next();
  assert.ok(statSync(path).size < 800_000, `${statSync(path).size} bytes with a receiver that is away`);
  const left = await drain(queue);
  assert.deepEqual(
    left,
    Array.from({ length: 20 }, () => text),
  );
  assert.ok(statSync(path).size < 300_000, `${statSync(path).size} bytes when all is done`);
  await queue.push(body("after"));
  await queue.close();
  const again = await EventQueue.open(path, LIMITS);
  assert.equal((await again.next())?.sequence, 201);
  assert.deepEqual(await drain(again), ["after"]);
  await again.close();
});

test("what was pushed is there after kill -9, whole and in order", async (t) => {
  const path = join(temporaryFolder(t), "queue");
  for (let round = 0; round < 5; round += 1) {
    const writer = spawn(process.execPath, [WRITER, path], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    writer.stdout.setEncoding("utf8").on("data", (piece: string) => {
      said += piece;
    });
    const closed = new Promise((resolve) => writer.once("close", resolve));
    await until("it has pushed", () => said.split("\n").length > 40);
    writer.kill("SIGKILL");
    await closed;
    const acknowledged = Number(said.trimEnd().split("\n").at(-1));

    const queue = await EventQueue.open(path, { ...LIMITS, maxEvents: 100_000, maxBytes: 2 ** 28 });
    const sequences: number[] = [];
    for (let event = await queue.next(); event; event = await queue.next()) {
      sequences.push(event.sequence);
      await queue.done(event.sequence);
    }
    await queue.close();
    const [first = 0] = sequences;
    assert.deepEqual(
      sequences,
      Array.from(sequences, (_, index) => first + index),
    );
    assert.ok((sequences.at(-1) ?? 0) >= acknowledged, `${sequences.at(-1)} of ${acknowledged}`);
  }
  assert.ok(!readFileSync(path, "utf8").includes("\0"));
});
