import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type ContractCase,
  type ContractSubject,
  type RunContractOptions,
  runContract,
} from "musicfs/testing";

interface Counter extends ContractSubject {
  readonly value: number;
}

const CASES: readonly ContractCase<Counter>[] = [
  { name: "is even", run: async ({ value }) => assert.equal(value % 2, 0) },
  { name: "is small", run: async ({ value }) => assert.ok(value < 10) },
];

describe("runContract", () => {
  test("registers one test for each case, which fails when the case does", async () => {
    const { names, outcomes } = await collect(3);
    assert.deepEqual(names, ["is even", "is small"]);
    assert.deepEqual(outcomes, ["failed", "passed"]);
  });

  test("gives each case a subject of its own, and closes it however the case ended", async () => {
    let open = 0;
    let made = 0;
    const makeSubject = async (): Promise<Counter> => {
      made++;
      open++;
      return { value: 3, close: () => void open-- };
    };
    await collect(makeSubject, { "is even": "three is odd" });
    assert.deepEqual([made, open], [2, 0]);
  });

  test("runs an excepted case, too: it may fail, and its name gives the reason", async () => {
    const { names, outcomes } = await collect(3, { "is even": "three is odd" });
    assert.deepEqual(names, ["is even (excepted: three is odd)", "is small"]);
    assert.deepEqual(outcomes, ["passed", "passed"]);
  });

  test("fails an excepted case that passes", async () => {
    const { outcomes } = await collect(4, { "is even": "it used to be odd" });
    assert.deepEqual(outcomes, ["failed", "passed"]);
  });

  test("fails an excepted case whose subject cannot be made", async () => {
    const broken = (): Counter => {
      throw new Error("no subject");
    };
    const { outcomes } = await collect(broken, { "is even": "three is odd" });
    assert.deepEqual(outcomes, ["failed", "failed"]);
  });

  test("refuses an exception from a case that there is not, or without a reason", async () => {
    await assert.rejects(() => collect(3, { "is odd": "a slip" }), /no case 'is odd'/);
    await assert.rejects(() => collect(3, { toString: "a slip" }), /no case 'toString'/);
    await assert.rejects(() => collect(3, { "is even": " " }), /no reason/);
  });
});

async function collect(
  subject: number | (() => Counter | Promise<Counter>),
  exceptions?: Record<string, string>,
): Promise<{ names: string[]; outcomes: string[] }> {
  const registered: [name: string, run: () => Promise<void>][] = [];
  const options: RunContractOptions = {
    test: (name, run) => registered.push([name, run]),
    ...(exceptions ? { exceptions } : {}),
  };
  runContract(CASES, typeof subject === "number" ? () => ({ value: subject }) : subject, options);
  const outcomes: string[] = [];
  for (const [, run] of registered) {
    outcomes.push(
      await run().then(
        () => "passed",
        () => "failed",
      ),
    );
  }
  return { names: registered.map(([name]) => name), outcomes };
}
