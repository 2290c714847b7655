import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, type LoggerOptions } from "../../../core/logging/create-logger.js";
import { escapeControls, escapeControlsInLines, safeJson } from "../../../core/text.js";

// What a tag may try: colours, a bell, a cleared screen, a second line, reordered text.
const EVIL = "a\u001b[31m\u0007\n\u009b2Jb\u202ec\u007f";

function logged(
  options: Partial<LoggerOptions>,
  use: (log: ReturnType<typeof createLogger>) => void,
): string[] {
  const lines: string[] = [];
  use(
    createLogger({
      level: "info",
      format: "json",
      colours: false,
      write: (line) => lines.push(line),
      ...options,
    }),
  );
  return lines;
}

test("JSON lines parse to what was logged, and show no control characters", () => {
  const [line = "", ...more] = logged({}, (log) => log.child({ plugin: "p" }).warn(EVIL, { path: EVIL }));
  assert.deepEqual(more, []);
  assert.match(line, /^[\x20-\x7e]+\n$/);
  const { time, ...entry } = JSON.parse(line);
  assert.ok(Number.isInteger(time));
  assert.deepEqual(entry, { level: "warn", plugin: "p", message: EVIL, path: EVIL });
});

test("lines for a person are one each, without control characters", () => {
  const lines = logged({ format: "text" }, (log) => {
    log.child({ plugin: "p" }).info(EVIL, { n: 1 });
    log.error("second");
  });
  assert.equal(lines.length, 2);
  assert.match(
    lines[0] ?? "",
    /^\d\d:\d\d:\d\d info {2}\[p\] a\\u001b\[31m\\u0007\\n\\u009b2Jb\\u202ec\\u007f n=1\n$/,
  );
  assert.match(lines[1] ?? "", /^\d\d:\d\d:\d\d error second\n$/);
});

test("colours are there when wanted only", () => {
  const [line = ""] = logged({ format: "text", colours: true }, (log) => log.error("x"));
  assert.match(line, /\u001b\[31merror\u001b\[0m x\n$/);
});

test("what is below the level is not logged", () => {
  const all = (log: ReturnType<typeof createLogger>): void => {
    log.debug("d");
    log.info("i");
    log.warn("w");
    log.error("e");
  };
  assert.deepEqual(
    (["debug", "info", "warn", "error"] as const).map((level) => logged({ level }, all).length),
    [4, 3, 2, 1],
  );
});

test("text is escaped for a line, for lines, and in JSON that means the same", () => {
  assert.equal(escapeControls("Café – 夜\t\r\n"), "Café – 夜\\t\\r\\n");
  assert.equal(escapeControlsInLines("a\n\u001bb"), "a\n\\u001bb");
  assert.deepEqual(JSON.parse(safeJson({ name: EVIL })), { name: EVIL });
  assert.doesNotMatch(safeJson({ name: EVIL }), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
});
