import { test } from "node:test";
import { readWhileFlapping } from "../mount/fixtures/flapping.js";

test("two origins that fail in turns of 10 ms, 16 readers, 60 s: no error, no wrong byte", (t) =>
  readWhileFlapping(t, 60_000));
