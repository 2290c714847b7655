import type { Command } from "commander";
import { parseHits } from "./parse-option.js";

/** What the scans of the origins found. */
export function addScan(program: Command): void {
  program
    .command("scan")
    .description("what the scan found; a scan itself begins with every start")
    .requiredOption("--report", "list the files whose tags could not be read, by reason")
    .option("--origin <id>", "only those of this origin")
    .option("--reason <word>", "only those with this reason, such as malformed")
    .option("--limit <number>", "most files to list", parseHits)
    .option("--json", "for programs")
    .action(async (_, command: Command) => {
      const { scanReport } = await import("./scan-report.js");
      await scanReport(command.optsWithGlobals());
    });
}
