import assert from "node:assert/strict";
import { test } from "node:test";
import { createHooks, type Hooks } from "../../core/hooks.js";
import { z } from "../../core/index.js";
import { definePlugin, isPlugin, isPluginFactory, type Plugin, setupPlugins } from "../../core/plugin.js";
import { silentLogger } from "../support/loggers.js";

const greeter = definePlugin({
  name: "greeter",
  options: z.strictObject({ words: z.array(z.string()).default(["hello"]), to: z.string() }),
  instance: ({ to }) => to,
  setup() {},
});

function plugin(name: string, setup: Plugin["setup"] = () => undefined, requires: string[] = []): Plugin {
  return definePlugin({ name, requires, setup: (context) => setup(context) })();
}

function setUp(plugins: readonly Plugin[], disposers: (() => void | Promise<void>)[] = []): Promise<Hooks> {
  const hooks = createHooks((error) => assert.fail(error));
  return setupPlugins(plugins, {
    hooks,
    log: silentLogger(),
    signal: new AbortController().signal,
    configDir: "/conf",
    stateDirOf: (name) => `/state/${name}`,
    originIds: () => [],
    onDispose: (dispose) => disposers.push(dispose),
  }).then(() => hooks);
}

test("a plugin has its options with defaults, frozen to the last", () => {
  const made = greeter({ to: "world" });
  assert.ok(isPlugin(made) && !isPlugin({ ...made }) && isPluginFactory(greeter));
  assert.equal(made.identity, "greeter:world");
  assert.deepEqual(made.options, { words: ["hello"], to: "world" });
  assert.throws(() => (made.options as { words: string[] }).words.push("x"), TypeError);
  assert.throws(() => Object.assign(made, { name: "other" }), TypeError);
});

test("wrong options do not throw: they are kept, with the line that gave them", () => {
  const made = greeter({ to: 5, wrods: [] } as never);
  assert.deepEqual(
    made.problems.map(({ code, path }) => [code, path.join(".")]),
    [
      ["invalid_type", "to"],
      ["unrecognized_keys", ""],
    ],
  );
  assert.match(made.definedAt ?? "", /plugin\.test\.js:\d+$/);
});

test("a plugin without options takes none", () => {
  const bare = definePlugin({ name: "bare", setup() {} });
  assert.deepEqual(bare().problems, []);
  assert.equal((bare as (options: unknown) => Plugin)({ x: 1 }).problems.length, 1);
});

test("a name that is not kebab-case is a fault of the plugin's author", () => {
  for (const name of ["Greeter", "a_b", "-a", "a--b", "", "1a", "a b"]) {
    assert.throws(
      () => definePlugin({ name, setup() {} }),
      { name: "TypeError", message: /kebab-case/ },
      name,
    );
  }
});

test("plugins are set up in order, each waiting for the one before", async () => {
  const order: string[] = [];
  await setUp([
    plugin("slow", async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push("slow");
    }),
    plugin("quick", () => void order.push("quick")),
  ]);
  assert.deepEqual(order, ["slow", "quick"]);
});

test("setup gets hooks under its name, a folder, the config's folder, and ways to release", async () => {
  const disposers: (() => void | Promise<void>)[] = [];
  const released: string[] = [];
  const hooks = await setUp(
    [
      plugin("one", ({ hooks: { placeTrack }, stateDir, configDir, onDispose }) => {
        placeTrack.tap(() => [stateDir(), configDir]);
        onDispose(() => void released.push("one"));
      }),
    ],
    disposers,
  );
  assert.deepEqual(hooks.placeTrack.plugins, ["one"]);
  assert.deepEqual(hooks.placeTrack.call({} as never), ["/state/one", "/conf"]);
  for (const dispose of disposers) await dispose();
  assert.deepEqual(released, ["one"]);
});

test("what setup throws names the plugin, and keeps its cause", async () => {
  const cause = new Error("no such server");
  const throwing = () => {
    throw cause;
  };
  for (const setup of [throwing, () => Promise.reject(cause)]) {
    await assert.rejects(
      setUp([plugin("fine"), plugin("broken", setup), plugin("never", () => assert.fail())]),
      {
        code: "MFS_PLUGIN_FAILED",
        message: "plugin 'broken' failed in setup: no such server",
        cause,
      },
    );
  }
});

test("two plugins with one name are refused, with the lines of both", async () => {
  const clash = {
    code: "MFS_PLUGIN_CLASH",
    message: /two plugins are called 'greeter:x' \(.*:\d+ and .*:\d+\)/,
  };
  await assert.rejects(setUp([greeter({ to: "x" }), greeter({ to: "x" })]), clash);
  await assert.doesNotReject(setUp([greeter({ to: "x" }), greeter({ to: "y" })]));
});

test("a plugin that misses another is refused before anything is set up", async () => {
  const first = plugin("first", () => assert.fail("was set up"));
  await assert.rejects(setUp([first, plugin("needy", undefined, ["first", "second", "third"])]), {
    code: "MFS_PLUGIN_REQUIREMENT",
    message: "plugin 'needy' needs 'second' and 'third', which the config lacks",
  });
});
