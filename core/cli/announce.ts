import { openCatalogueReader } from "../catalogue/reader.js";
import type { Config } from "../config/config.js";
import type { Status } from "../control/status.js";
import type { Daemon } from "../daemon/daemon.js";
import { messageOf } from "../errors.js";
import { cataloguePathOf } from "../instance.js";
import type { Logger } from "../logger.js";
import { isJournal } from "../logging/journal.js";
import { firstLines } from "./first-lines.js";
import { formatCount, formatCounted } from "./format.js";
import { printLine } from "./output.js";
import type { Screen } from "./screen.js";
import type { StartOptions } from "./start.js";
import { formatScan } from "./status.js";

const STDOUT = 1;
const LOOK_EVERY_MS = 200;
/** How long to wait for a first scan to end before the tree is shown as it is then. */
const TREE_AFTER_MS = 1500;
/** How often progress is logged where there is no terminal. */
const LOG_EVERY_MS = 10_000;

/** Tells the person who started it where the mount is, what is in it, how to stop it, and how the scan goes. */
export function announce(
  daemon: Daemon,
  config: Config,
  options: StartOptions,
  screen: Screen,
  log: Logger,
): { stop(): void } {
  // Nobody sits before a journal: it has the log.
  const isForPerson = !isJournal(STDOUT, process.env);
  if (isForPerson) {
    printLine(`MusicFS is mounted at ${daemon.mountpoint}`);
    printLine(`Stop it with Ctrl-C, or: ${stopCommand(options)}`);
  }
  const isNew = daemon.status().tracks === 0;
  let isTreeShown = !isForPerson;
  let loggedMs = performance.now();

  const look = (): void => {
    const status = daemon.status();
    const isIdle = status.scan.state === "idle";
    if (
      !isTreeShown &&
      (isIdle || !isNew || status.uptimeMs > TREE_AFTER_MS) &&
      (isIdle || status.tracks > 0)
    ) {
      isTreeShown = true;
      screen.clear();
      showTree(config, status, log);
    }
    if (isIdle) {
      clearInterval(timer);
      screen.clear();
      log.info(formatResult(status));
    } else if (screen.isTerminal) {
      screen.show(`scanning: ${formatScan(status.scan)}`);
    } else if (performance.now() - loggedMs > LOG_EVERY_MS) {
      loggedMs = performance.now();
      log.info(`scanning: ${formatScan(status.scan)}`);
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  look();
  return {
    stop() {
      clearInterval(timer);
      screen.clear();
    },
  };
}

function stopCommand({ config, name }: StartOptions): string {
  return [
    "musicfs stop",
    ...(config === undefined ? [] : [`--config ${config}`]),
    ...(name === undefined ? [] : [`--name ${name}`]),
  ].join(" ");
}

// Read from the catalogue: a daemon that reads its own mount can wait for itself.
function showTree(config: Config, { tracks, origins }: Status, log: Logger): void {
  if (tracks === 0) {
    const ids = origins.map(({ id }) => `'${id}'`).join(", ");
    log.warn(`there is no music in ${ids}: the mount is empty`);
    return;
  }
  try {
    const reader = openCatalogueReader(cataloguePathOf(config));
    try {
      printLine();
      for (const line of firstLines(reader)) printLine(`  ${line}`);
      printLine();
    } finally {
      reader.close();
    }
  } catch (error) {
    log.warn(`cannot show the tree: ${messageOf(error)}`);
  }
}

function formatResult({ tracks, directories, scan: { skipped, unreadableFolders } }: Status): string {
  return [
    `${formatCounted(tracks, "track")} in ${formatCounted(directories, "folder")}`,
    ...(skipped > 0 ? [`${formatCount(skipped)} with a problem`] : []),
    ...(unreadableFolders > 0 ? [`${formatCounted(unreadableFolders, "folder")} unreadable`] : []),
  ].join(", ");
}
