import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { describe, test } from "node:test";
import type { Origin, OriginFile, OriginSettings } from "../../../core/model/origin.js";
import { OriginError } from "../../../core/model/origin-error.js";
import { OriginGuard } from "../../../core/origins/guard.js";
import type { StateChange } from "../../../core/origins/health.js";
import { DEFAULT_SETTINGS } from "../../../core/origins/settings.js";
import { silentLogger } from "../../support/loggers.js";
import { until } from "../../support/process.js";

const FILE: OriginFile = { path: "a.flac", sizeBytes: 1000, mtimeMs: 1 };

type Answer = (signal: AbortSignal) => Promise<unknown>;

/** An origin that answers as `answer` says, to whatever is asked. */
function setUp(
  t: { after(fn: () => void): void },
  answer: Answer,
  more: Partial<Origin> & { settings?: OriginSettings } = {},
) {
  const stop = new AbortController();
  t.after(() => stop.abort(new Error("the test is over")));
  let asked = 0;
  let probed = 0;
  const changes: StateChange[] = [];
  const origin: Origin = {
    id: "tested",
    async *list(signal) {
      asked += 1;
      await answer(signal);
      yield { files: [FILE], unreadable: [] };
    },
    async stat(_path, signal) {
      asked += 1;
      await answer(signal);
      return FILE;
    },
    async read(_file, _offset, lengthBytes, signal) {
      asked += 1;
      const bytes = await answer(signal);
      return bytes instanceof Uint8Array ? bytes : new Uint8Array(lengthBytes);
    },
    ...more,
  };
  const guard = new OriginGuard({
    origin,
    probe: async (signal) => {
      probed += 1;
      await answer(signal);
    },
    onChange: (change) => changes.push(change),
    log: silentLogger(),
    signal: stop.signal,
  });
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return {
    guard,
    changes,
    stop,
    asked: () => asked,
    probed: () => probed,
    read: (aborting: AbortSignal = signal) => guard.origin.read(FILE, 0, 10, aborting),
    readOnce: (aborting: AbortSignal = signal) => guard.readOnce(FILE, 0, 10, aborting),
    signal,
  };
}

const fail =
  (kind: ConstructorParameters<typeof OriginError>[0], options = {}) =>
  async () => {
    throw new OriginError(kind, `it is ${kind}`, options);
  };
const isKind = (kind: string) => (error: unknown) => (error as OriginError).kind === kind;

describe("the guard of an origin", () => {
  test("tries again what may go well a moment later, and counts it", async (t) => {
    let failures = 2;
    const { read, guard, asked } = setUp(t, async () => {
      if (failures-- > 0) throw new OriginError("unavailable", "a blip");
    });
    assert.equal((await read()).length, 10);
    assert.equal(asked(), 3);
    assert.deepEqual([guard.figures.retries, guard.figures.errors, guard.figures.bytes], [2, 2, 10]);
  });

  for (const kind of ["changed", "missing", "refused", "untrusted"] as const) {
    test(`asks once for what is ${kind}`, async (t) => {
      const { read, asked } = setUp(t, fail(kind));
      await assert.rejects(read(), isKind(kind));
      assert.equal(asked(), 1);
    });
  }

  test("leaves somebody alone for as long as he asks", async (t) => {
    let isBusy = true;
    const { read, guard, asked } = setUp(t, async () => {
      if (isBusy) throw new OriginError("busy", "slow down", { retryAfterMs: 700 });
    });
    const beganMs = performance.now();
    const first = read();
    await until("it was asked", () => asked() === 1);
    isBusy = false;
    assert.equal(guard.health.state, "degraded");
    await assert.rejects(guard.readOnce(FILE, 0, 10, new AbortController().signal), isKind("busy"));
    await first;
    assert.ok(performance.now() - beganMs >= 690, "it was asked before its time");
    assert.equal(asked(), 2);
  });

  test("an answer that is too short or too long is wrong", async (t) => {
    for (const length of [9, 11]) {
      const { readOnce } = setUp(t, async () => new Uint8Array(length));
      await assert.rejects(readOnce(), isKind("wrong"));
    }
  });

  test("a request has a deadline, also where its signal is ignored", async (t) => {
    const settings = { ...DEFAULT_SETTINGS, timeout: 100 };
    const { readOnce, guard } = setUp(t, () => new Promise(() => undefined), { settings });
    await assert.rejects(readOnce(), isKind("unavailable"));
    assert.equal(guard.figures.errors, 1);
  });

  test("whoever goes away is let go at once, and that is no failure", async (t) => {
    const { read, guard } = setUp(t, () => new Promise(() => undefined));
    const controller = new AbortController();
    const reading = read(controller.signal);
    controller.abort(new Error("gone"));
    await assert.rejects(reading, /gone/);
    assert.equal(guard.figures.errors, 0);
    assert.equal(guard.health.breaker, "closed");
  });

  test("no more requests at once than it may have, in order, and those who leave make room", async (t) => {
    const settings = { ...DEFAULT_SETTINGS, concurrency: 2 };
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const { readOnce, asked } = setUp(
      t,
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => release.push(resolve));
        running -= 1;
      },
      { settings },
    );
    const leaving = new AbortController();
    const reads = [readOnce(), readOnce(), readOnce(leaving.signal), readOnce()];
    await until("two are asked", () => asked() === 2);
    leaving.abort(new Error("left"));
    await assert.rejects(reads[2] ?? assert.fail(), /left/);
    release.shift()?.();
    await until("the next is asked", () => asked() === 3);
    for (const each of release) each();
    await until("all are asked", () => running === 0);
    await Promise.all([reads[0], reads[1], reads[3]]);
    assert.equal(most, 2);
  });

  test("bytes a second are bounded, and more is let through when the limit goes", async (t) => {
    const settings = { ...DEFAULT_SETTINGS, bandwidth: 20 };
    const { readOnce, guard } = setUp(t, async () => undefined, { settings });
    const beganMs = performance.now();
    // Two seconds' worth at once after a rest of one.
    for (let each = 0; each < 4; each += 1) await readOnce();
    assert.ok(performance.now() - beganMs >= 400, `${performance.now() - beganMs} ms`);
    guard.configure({ bandwidth: undefined });
    await readOnce();
  });

  test("opens after three failures, looks at the origin, and closes after two answers", async (t) => {
    let isDown = true;
    const { readOnce, guard, changes, asked, probed } = setUp(t, async () => {
      if (isDown) throw new OriginError("unavailable", "down");
    });
    for (let each = 0; each < 3; each += 1) {
      assert.equal(guard.health.breaker, "closed");
      await assert.rejects(readOnce(), isKind("unavailable"));
    }
    assert.equal(guard.health.breaker, "open");
    assert.equal(guard.health.state, "disconnected");
    const before = asked();
    await assert.rejects(readOnce(), isKind("unavailable"));
    assert.equal(asked(), before, "an origin that is left alone was asked");
    isDown = false;
    await until("it is well again by itself", () => guard.health.breaker === "closed");
    assert.ok(probed() >= 2);
    await readOnce();
    await until("both were told", () => changes.length === 2);
    assert.deepEqual(
      changes.map(({ state }) => state),
      ["disconnected", "connected"],
    );
  });

  test("an origin may hand its signal to as many requests as it likes, without a word on stderr", async (t) => {
    const warnings: string[] = [];
    const note = (warning: Error): number => warnings.push(warning.message);
    process.on("warning", note);
    t.after(() => process.off("warning", note));
    const { guard, signal } = setUp(t, async (given) => {
      for (let request = 0; request < 50; request++) given.addEventListener("abort", () => undefined);
    });
    await guard.origin.stat(FILE.path, signal);
    for await (const { files } of guard.origin.list(signal)) assert.equal(files.length, 1);
    // Warnings come in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warnings, []);
  });
  test("a listing of an origin that is down is refused, and never ends well", async (t) => {
    const { guard, signal } = setUp(t, fail("unavailable"));
    await assert.rejects(async () => {
      for await (const _ of guard.origin.list(signal)) assert.fail("it listed something");
    }, isKind("unavailable"));
    assert.equal(guard.health.breaker, "open");
    const beganMs = performance.now();
    await assert.rejects(async () => {
      for await (const _ of guard.origin.list(signal)) assert.fail("it listed something");
    }, isKind("unavailable"));
    assert.ok(performance.now() - beganMs < 8000);
  });

  test("one disk that fails is left alone at once; one file of it that cannot be read is not its fault", async (t) => {
    let code = "EACCES";
    const local = { root: "/nowhere", followSymlinks: false };
    const { readOnce, guard } = setUp(
      t,
      async () => Promise.reject(Object.assign(new Error(code), { code })),
      {
        local,
      },
    );
    await assert.rejects(readOnce(), /EACCES/);
    assert.equal(guard.health.breaker, "closed");
    code = "ENOTCONN";
    await assert.rejects(readOnce(), /ENOTCONN/);
    assert.equal(guard.health.breaker, "open");
  });

  test("an origin that refuses us is not asked again and again, and mends itself when it is looked at", async (t) => {
    let isRefusing = true;
    const { readOnce, guard, asked, probed, signal } = setUp(t, async () => {
      if (isRefusing) throw new OriginError("refused", "401");
    });
    await assert.rejects(readOnce(), isKind("refused"));
    for (let each = 0; each < 50; each += 1) await assert.rejects(readOnce(), isKind("refused"));
    assert.equal(guard.health.state, "auth");
    assert.ok(asked() + probed() <= 2, `it was asked ${asked() + probed()} times`);
    isRefusing = false;
    await guard.health.look(signal);
    assert.equal(guard.health.state, "connected");
    await readOnce();
  });

  test("one file that is refused shuts nobody else out", async (t) => {
    let isRefusing = true;
    const { readOnce, guard } = setUp(t, async () => {
      if (isRefusing) {
        isRefusing = false;
        throw new OriginError("refused", "403");
      }
    });
    await assert.rejects(readOnce(), isKind("refused"));
    await until("a look has told", () => guard.health.state === "connected");
    await readOnce();
  });

  test("a hundred who want something of an origin that is down look at it once", async (t) => {
    let isDown = true;
    const { readOnce, guard, probed } = setUp(t, async () => {
      if (isDown) throw new OriginError("unavailable", "down");
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    for (let each = 0; each < 3; each += 1) await assert.rejects(readOnce());
    isDown = false;
    const before = probed();
    await Promise.all(Array.from({ length: 100 }, () => readOnce()));
    assert.ok(probed() - before <= 2, `${probed() - before} looks`);
    assert.notEqual(guard.health.breaker, "open");
  });

  test("nothing stays attached to a signal that lives long", async (t) => {
    const { read, signal } = setUp(t, async () => undefined);
    let attached = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...request: Parameters<typeof add>) => {
      attached += 1;
      add(...request);
    };
    signal.removeEventListener = (...request: Parameters<typeof remove>) => {
      attached -= 1;
      remove(...request);
    };
    for (let each = 0; each < 100; each += 1) await read(signal);
    assert.equal(attached, 0);
  });
});
