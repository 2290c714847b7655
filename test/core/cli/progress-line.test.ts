import assert from "node:assert/strict";
import { test } from "node:test";
import { ProgressLine } from "#core/cli/progress-line.js";

const MIB = 1024 * 1024;

test("tells how far it is, the rate of the last seconds, and how long the rest will take", () => {
  let nowMs = 0;
  const line = new ProgressLine("fetching", { ...silent(), isTerminal: true }, () => nowMs);
  const at = (seconds: number, filesDone: number, mib: number): string => {
    nowMs = seconds * 1000;
    return line.format({ filesDone, filesTotal: 12, bytesDone: mib * MIB, bytesTotal: 600 * MIB });
  };
  assert.equal(at(0, 0, 0), "fetching 0 of 12 files, 0 B of 600.0 MiB");
  assert.equal(at(1, 1, 50), "fetching 1 of 12 files, 50.0 MiB of 600.0 MiB, 50.0 MiB/s, 11 s to go");
  for (let second = 2; second <= 20; second++) at(second, 2, 50 + 10 * (second - 1));
  assert.match(at(21, 3, 250), /, 10\.0 MiB\/s, 35 s to go$/);
  assert.match(at(22, 12, 600), /600\.0 MiB of 600\.0 MiB, [\d.]+ MiB\/s$/);
});

test("writes nothing where there is no terminal", () => {
  let written = 0;
  const screen = { ...silent(), show: () => void written++ };
  new ProgressLine("checking", screen).show({ filesDone: 1, filesTotal: 2, bytesDone: 1, bytesTotal: 2 });
  assert.equal(written, 0);
});

function silent() {
  return { isTerminal: false, write: () => undefined, show: () => undefined, clear: () => undefined };
}
