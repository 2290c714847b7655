import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContractCase, type ContractSubject, type MakeSubject, runCase } from "musicfs/testing";

/** Registers a test that runs all cases on a broken subject, and sees that one whose name matches fails. */
export function finds<Subject extends ContractSubject>(
  cases: readonly ContractCase<Subject>[],
  what: string,
  caseName: RegExp,
  makeSubject: MakeSubject<NoInfer<Subject>>,
): void {
  test(what, async () => {
    const meant = cases.filter(({ name }) => caseName.test(name));
    const outcomes = await Promise.allSettled(
      meant.map((contractCase) => runCase(contractCase, makeSubject)),
    );
    assert.ok(
      outcomes.some(({ status }) => status === "rejected"),
      `none of these failed: ${meant.map(({ name }) => name).join(", ") || "no case has such a name"}`,
    );
  });
}
