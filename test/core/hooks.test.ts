import assert from "node:assert/strict";
import { test } from "node:test";
import { MusicfsError } from "../../core/errors.js";
import { createHooks, type Hooks, hooksFor } from "../../core/hooks.js";

const NEVER = new AbortController().signal;

function makeHooks(errors: MusicfsError[] = []): Hooks {
  return createHooks((error) => errors.push(error));
}

// Stands for an answer of any hook: the kinds do not look at what they carry.
const answer = (name: string): never => name as never;

test("collect asks every tap in order, sync or async, and leaves out undefined", async () => {
  const { openOrigin } = makeHooks();
  openOrigin.for("one").tap(async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return answer("1");
  });
  openOrigin.for("none").tap(() => undefined);
  openOrigin.for("two").tap(() => answer("2"));
  assert.deepEqual(await openOrigin.call(NEVER), ["1", "2"]);
  assert.deepEqual(await makeHooks().openOrigin.call(NEVER), []);
});

test("provide takes the first answer and asks nobody after it", async () => {
  const { provideMount } = makeHooks();
  const asked: string[] = [];
  for (const [name, given] of [
    ["none", undefined],
    ["first", answer("first")],
    ["second", answer("second")],
  ] as const) {
    provideMount.for(name).tap(async (signal) => {
      assert.equal(signal, NEVER);
      asked.push(name);
      return given;
    });
  }
  assert.equal(await provideMount.call(NEVER), "first");
  assert.deepEqual(asked, ["none", "first"]);
  assert.equal(await makeHooks().provideMount.call(NEVER), undefined);
});

test("decide answers at once, and says who taps it", () => {
  const { placeTrack } = makeHooks();
  placeTrack.for("none").tap(() => undefined);
  placeTrack.for("flat").tap((track) => [track.title]);
  placeTrack.for("never").tap(() => assert.fail("was asked"));
  assert.deepEqual(placeTrack.call({ title: "Lanterns" } as never), ["Lanterns"]);
  assert.deepEqual(placeTrack.plugins, ["none", "flat", "never"]);
  assert.equal(makeHooks().placeTrack.call({} as never), undefined);
});

test("an event reaches every tap; what one throws is reported and disturbs nobody", async () => {
  const errors: MusicfsError[] = [];
  const { mounted } = makeHooks(errors);
  assert.equal(mounted.isUsed, false);
  const heard: string[] = [];
  mounted.for("thrower").tap(() => {
    throw new Error("sync");
  });
  mounted.for("rejecter").tap(() => Promise.reject(new Error("async")));
  mounted.for("listener").tap(async ({ mountpoint }) => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    heard.push(mountpoint);
  });
  assert.equal(mounted.isUsed, true);
  await mounted.call({ mountpoint: "/m" });
  assert.deepEqual(heard, ["/m"]);
  assert.deepEqual(
    errors.map(({ code, message }) => [code, message]),
    [
      ["MFS_PLUGIN_FAILED", "plugin 'thrower' failed in hook 'mounted': sync"],
      ["MFS_PLUGIN_FAILED", "plugin 'rejecter' failed in hook 'mounted': async"],
    ],
  );
});

/** How each kind is made to run a tap that throws. */
const THROWING: readonly [hook: string, call: (hooks: Hooks, tap: () => never) => unknown][] = [
  [
    "openOrigin",
    ({ openOrigin }, tap) => {
      openOrigin.for("guilty").tap(tap);
      return openOrigin.call(NEVER);
    },
  ],
  [
    "provideSearch",
    ({ provideSearch }, tap) => {
      provideSearch.for("guilty").tap(tap);
      return provideSearch.call(NEVER);
    },
  ],
  [
    "placeTrack",
    ({ placeTrack }, tap) => {
      placeTrack.for("guilty").tap(tap);
      return placeTrack.call({} as never);
    },
  ],
];

for (const [hook, call] of THROWING) {
  test(`what a tap of '${hook}' throws is labelled with plugin and hook`, async () => {
    const cause = new RangeError("too far");
    const run = async (thrown: unknown): Promise<unknown> =>
      call(makeHooks(), () => {
        throw thrown;
      });
    await assert.rejects(run(cause), {
      code: "MFS_PLUGIN_FAILED",
      message: `plugin 'guilty' failed in hook '${hook}': too far`,
      cause,
    });
    const own = new MusicfsError("MFS_ORIGIN_UNAVAILABLE", "the disk is away");
    await assert.rejects(run(own), (error) => error === own);
  });
}

test("a plugin's facade can tap every hook, and do nothing else", () => {
  const hooks = makeHooks();
  const facade = hooksFor(hooks, "mine");
  assert.deepEqual(Object.keys(facade).sort(), Object.keys(hooks).sort());
  for (const hook of Object.values(facade)) assert.deepEqual(Object.keys(hook), ["tap"]);
  assert.throws(() => Object.assign(facade, { mounted: undefined }), TypeError);
});
