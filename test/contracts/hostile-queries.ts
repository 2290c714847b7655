import { createRandom } from "./random.js";

/** Texts that queries and tags might hold: what is known to be trouble, and `count` random ones, by a seed. */
export function hostileQueries(count: number): string[] {
  const random = createRandom(40);
  const syntax = Array.from({ length: count }, () =>
    Array.from({ length: random.below(30) }, () =>
      random.pick([
        ...`"'()[]{}*?~^:+-/\\|&!<>=,. ab`,
        " AND ",
        " OR ",
        " NOT ",
        "title:",
        "year:",
        "[1 TO ",
        "海",
      ]),
    ).join(""),
  );
  return [
    "",
    " ",
    "\0",
    '"',
    '"unclosed',
    "(((((",
    ")))))",
    "title:",
    "nofield:x",
    "*",
    "a*b*c*",
    "NOT",
    "AND OR NOT",
    "[a TO",
    "year:[9999 TO 0]",
    "/(a+)+$/",
    "../../../etc/passwd",
    "%2e%2e%2f",
    "x~99999999999",
    "\ud800",
    "\u202e\u0000\u0007",
    "' OR 1=1 --",
    '" OR fts MATCH "',
    "%_%",
    "a".repeat(100_000),
    "(".repeat(10_000),
    "word ".repeat(10_000),
    `${"(a OR ".repeat(200)}b${")".repeat(200)}`,
    "海".repeat(5_000),
    "-".repeat(255),
    "~".repeat(255),
    "\u0301".repeat(500),
    "a\u0301".repeat(500),
    ...syntax,
  ];
}
