import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { EXIT } from "../errors.js";
import { VERSION } from "../version.js";
import type { GlobalOptions } from "./context.js";
import { surviveClosedOutput } from "./output.js";
import { reportError } from "./report-error.js";

const EXIT_CODES = `
Exit codes:
  ${EXIT.ok}   done
  ${EXIT.failure}   failed
  ${EXIT.usage}   wrong use of the command line
  ${EXIT.config}   something is wrong with the config
  ${EXIT.notRunning}   no MusicFS is running
  ${EXIT.alreadyRunning}   a MusicFS is running already
  ${EXIT.machine}   the machine lacks something (musicfs doctor)
  ${EXIT.internal}  a fault of MusicFS itself`;

/** Runs the command line and sets the exit code of the process. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  surviveClosedOutput(() => process.exit(EXIT.ok));
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? exitCodeOf(error) : reportError(error);
  }
}

// Each command's code is loaded when it is called: `status` must not wait for what `start` needs.
function createProgram(): Command {
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
  addLooking(program);
  addConfig(program);
  return program;
}

function addRunning(program: Command): void {
  program
    .command("start")
    .description("mount the library, and scan it in the background")
    .option("--mount <dir>", "where to mount (MUSICFS_MOUNTPOINT)")
    .option("--detach", "return when the mount answers, and run on in the background")
    .addOption(new Option("--detached").hideHelp())
    .action(async (_, command) => {
      const { start } = await import("./start.js");
      await start(command.optsWithGlobals());
    });
  program
    .command("stop")
    .description("unmount, let running reads finish, and leave nothing behind")
    .option("--timeout <seconds>", "how long to wait for the end", parseSeconds, 30)
    .action(async (_, command) => {
      const { stop } = await import("./stop.js");
      await stop(command.optsWithGlobals());
    });
  program
    .command("status")
    .description("show what the running instance does")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { status } = await import("./status.js");
      await status(command.optsWithGlobals());
    });
}

function addLooking(program: Command): void {
  program
    .command("tree")
    .description("show what the layout gives, without a mount")
    .argument("[path]", "where to begin", "/")
    .option("--depth <levels>", "how deep to go", parseLevels)
    .option("--json", "for programs")
    .action(async (path: string, _, command) => {
      const { tree } = await import("./tree.js");
      await tree(path, command.optsWithGlobals());
    });
  program
    .command("doctor")
    .description("look at everything that a mount needs, and print the line to type")
    .option("--json", "for programs")
    .action(async (_, command) => {
      const { doctor } = await import("./doctor.js");
      await doctor(command.optsWithGlobals());
    });
}

function addConfig(program: Command): void {
  const config = program.command("config").description("look at the config");
  config
    .command("check")
    .description("say what is wrong with the config, all of it")
    .action(async (_, command) => {
      const { checkConfig } = await import("./config.js");
      await checkConfig(command.optsWithGlobals());
    });
  config
    .command("show")
    .description("show what the config comes to")
    .option("--json", "for programs")
    .action(async (_, command: Command) => {
      const { showConfig } = await import("./config.js");
      await showConfig(command.optsWithGlobals<GlobalOptions & { json?: boolean }>());
    });
}

function exitCodeOf({ exitCode }: CommanderError): number {
  return exitCode === 0 ? EXIT.ok : EXIT.usage;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text !== "" && seconds >= 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("Expected seconds, such as 30.");
}

function parseLevels(text: string): number {
  if (/^[1-9]\d{0,3}$/u.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number from 1.");
}
