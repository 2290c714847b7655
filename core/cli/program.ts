import { Command, CommanderError } from "commander";
import { EXIT, MusicfsError } from "../errors.js";
import { VERSION } from "../version.js";
import { EXIT_MEANINGS } from "./exit-meanings.js";
import { surviveClosedOutput } from "./output.js";
import { addCache } from "./program-cache.js";
import { addCollection } from "./program-collection.js";
import { addConfig } from "./program-config.js";
import { addControl } from "./program-control.js";
import { addLooking } from "./program-looking.js";
import { addOrigin } from "./program-origin.js";
import { addRunning } from "./program-running.js";
import { addScan } from "./program-scan.js";
import { addSearch } from "./program-search.js";
import { addService } from "./program-service.js";
import { addShell } from "./program-shell.js";
import { reportError } from "./report-error.js";

const EXIT_CODES = `
Exit codes:
${EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(3)} ${meaning}`).join("\n")}`;

/** Runs the command line and sets the exit code of the process. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  surviveClosedOutput(() => process.exit(EXIT.ok), endUnwritten);
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? exitCodeOf(error) : reportError(error);
  }
}

/**
 * The whole command line. Each area adds its commands in a file of its own, `program-<area>.ts`; a command's
 * code is loaded when it is called: `status` must not wait for what `start` needs.
 */
export function createProgram(): Command {
  const program = new Command("musicfs")
    .description("Shows a music library as folders made of its tags.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .option("--config <file>", "the config file (MUSICFS_CONFIG)")
    .option("--name <name>", "the instance, where there are several (MUSICFS_NAME)")
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /u, "error MFS_USAGE: ")),
    });
  addRunning(program);
  addControl(program);
  addOrigin(program);
  addLooking(program);
  addScan(program);
  addSearch(program);
  addCache(program);
  addCollection(program);
  addConfig(program);
  addShell(program);
  addService(program);
  return program;
}

// A file that was cut short must not pass for the whole answer.
function endUnwritten(cause: Error): never {
  const message = `the output could not be written: ${cause.message}`;
  process.exit(reportError(new MusicfsError("MFS_OUTPUT_FAILED", message, { cause })));
}

function exitCodeOf({ exitCode }: CommanderError): number {
  return exitCode === 0 ? EXIT.ok : EXIT.usage;
}
