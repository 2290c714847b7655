import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { describeCommand, eachCommand } from "../../../core/cli/command-tree.js";
import { SHELLS } from "../../../core/cli/completion.js";
import { manPage } from "../../../core/cli/man.js";
import { createProgram } from "../../../core/cli/program.js";
import { EVENT_TYPES } from "../../../core/events/event.js";
import { run } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const PROGRAM = describeCommand(createProgram());
const COMMANDS = [...eachCommand(PROGRAM)].filter(({ subcommands }) => subcommands.length === 0);
const README = readFileSync(fileURLToPath(new URL("../../../../README.md", import.meta.url)), "utf8");

function script(t: TestContext, shell: keyof typeof SHELLS): string {
  const file = join(temporaryFolder(t), `musicfs.${shell}`);
  writeFileSync(file, SHELLS[shell](PROGRAM));
  return file;
}

const WORDS_BELOW = (name: string): string[] =>
  PROGRAM.subcommands.find(({ path }) => path[0] === name)?.subcommands.map(({ path }) => path[1] ?? "") ??
  [];

/** What is typed up to the cursor, and what must be offered there. */
const CASES: readonly [words: string[], offered: readonly string[]][] = [
  [["musicfs", ""], PROGRAM.subcommands.map(({ path }) => path[0] ?? "")],
  [["musicfs", "stat"], ["status"]],
  [["musicfs", "cache", ""], WORDS_BELOW("cache")],
  [["musicfs", "--name", "cache", "orig"], ["origin"]],
  [["musicfs", "origin", "he"], ["health"]],
  [["musicfs", "status", "--w"], ["--watch"]],
  [["musicfs", "--config", "x", "status", "--w"], ["--watch"]],
  [["musicfs", "events", "--type", ""], EVENT_TYPES],
  [["musicfs", "completion", ""], []],
];

test("bash completes commands, options and values", async (t) => {
  const file = script(t, "bash");
  for (const [words, offered] of CASES) {
    const typed = words.map((word) => `'${word}'`).join(" ");
    const lines = [
      `source ${file}`,
      "complete -p musicfs",
      `COMP_WORDS=(${typed}) COMP_CWORD=${words.length - 1}`,
      "_musicfs",
      `printf '%s\\n' "\${COMPREPLY[@]}"`,
    ];
    const { code, stdout, stderr } = await run(["bash", "--norc", "-euc", lines.join("\n")]);
    assert.deepEqual([code, stderr], [0, ""], words.join(" "));
    const [registered, ...replies] = stdout.trimEnd().split("\n");
    assert.equal(registered, "complete -o default -F _musicfs musicfs");
    assert.deepEqual(replies.filter(Boolean).toSorted(), offered.toSorted(), words.join(" "));
  }
});

test("bash offers file names where an option takes one", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "my.config.ts"), "");
  const lines = [
    `source ${script(t, "bash")}; cd ${folder}`,
    "COMP_WORDS=(musicfs --config my) COMP_CWORD=2; _musicfs",
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ];
  const { stdout } = await run(["bash", "--norc", "-euc", lines.join("\n")]);
  assert.equal(stdout, "my.config.ts\n");
});

test("fish completes commands, options and values", async (t) => {
  const file = script(t, "fish");
  const home = temporaryFolder(t);
  for (const [words, offered] of CASES) {
    // Options are offered after a hyphen alone, and names of files where nothing else is.
    if (offered.length === 0) continue;
    const commands = ["-c", `source ${file}; complete -C '${words.join(" ")}'`];
    const { code, stdout, stderr } = await run(["fish", "--no-config", ...commands], {
      env: { PATH: process.env.PATH, HOME: home },
    });
    assert.deepEqual([code, stderr], [0, ""], words.join(" "));
    const replies = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "");
    assert.deepEqual(replies.toSorted(), offered.toSorted(), words.join(" "));
  }
});

test("zsh reads its completion and knows it afterwards", async (t) => {
  const home = temporaryFolder(t);
  const commands = `autoload -U compinit; compinit -D; source ${script(t, "zsh")}; print \${_comps[musicfs]}`;
  const { code, stdout, stderr } = await run(["zsh", "-f", "-c", commands], {
    env: { PATH: process.env.PATH, HOME: home },
  });
  assert.deepEqual([code, stdout, stderr], [0, "_musicfs\n", ""]);
});

test("the man page has every command and option, and its language no error", async (t) => {
  const file = join(temporaryFolder(t), "musicfs.1");
  writeFileSync(file, manPage(PROGRAM));
  const lint = await run(["mandoc", "-T", "lint", "-W", "error", file]);
  assert.deepEqual([lint.code, lint.stdout], [0, ""]);
  const { stdout } = await run(["mandoc", "-T", "utf8", "-O", "width=200", file]);
  const text = stdout.replaceAll(/.\u0008/gu, "").replaceAll(/\s+/gu, " ");
  for (const { path, options } of COMMANDS) {
    assert.ok(text.includes(["musicfs", ...path].join(" ")), path.join(" "));
    for (const { flags } of options) assert.ok(text.includes(flags), `${path.join(" ")} ${flags}`);
  }
});

test("the README names every command, and every command prints for programs, too", () => {
  const printers = ["completion", "man", "start", "stop", "config check"];
  for (const { path, options } of COMMANDS) {
    const name = path.join(" ");
    assert.ok(README.includes(`\`musicfs ${name}`) || README.includes(`\`${name}`), `README: ${name}`);
    if (printers.includes(name)) continue;
    assert.ok(
      options.some(({ names }) => names.includes("--json")),
      `--json: ${name}`,
    );
  }
});
