import { callControl, streamControl } from "../control/client.js";
import { type LogEntry as Message, LogLevel as WireLevel } from "../control/gen/musicfs/v1/logs_pb.js";
import { numberOf, wordOf } from "../control/words.js";
import type { LogEntry, LogLevel } from "../logger.js";
import { formatEntry } from "../logging/format.js";
import type { GlobalOptions } from "./context.js";
import { printJson, printMessage, usesColours } from "./output.js";
import { findSocket } from "./running.js";

export interface LogsOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly lines: number;
  readonly level?: LogLevel;
  readonly setLevel?: LogLevel;
  readonly json?: boolean;
}

/** `musicfs logs` @throws `MFS_NOT_RUNNING`, `MFS_CONTROL_FAILED` */
export async function logs({ follow, lines, level, setLevel, json, ...flags }: LogsOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  if (setLevel) await changeLevel(socketPath, setLevel, json === true && !follow);
  if (setLevel && !follow) return;
  const request = { lines, follow: follow ?? false, level: numberOf(WireLevel, level ?? "debug") };
  const format = { format: json ? "json" : "text", colours: usesColours(process.stdout) } as const;
  for await (const { entries, lost } of streamControl(socketPath, (client, options) =>
    client.readLogs(request, options),
  )) {
    if (lost > 0n) printMessage(`(${lost} messages were lost: this reader was too slow)`);
    for (const entry of entries) process.stdout.write(formatEntry(entryOf(entry), format));
  }
}

// What follows on stdout is the log, so only without it the answer is data.
async function changeLevel(socketPath: string, level: LogLevel, json: boolean): Promise<void> {
  const answer = await callControl(socketPath, (client, options) =>
    client.setLogLevel({ level: numberOf(WireLevel, level) }, options),
  );
  const previous = wordOf(WireLevel, answer.previous);
  if (json) printJson({ level, previous });
  else printMessage(`the log's level is ${level} now, it was ${previous}`);
}

function entryOf({ timeUnixMs, level, message, plugin, fieldsJson }: Message): LogEntry {
  return {
    time: Number(timeUnixMs),
    level: wordOf(WireLevel, level) as LogLevel,
    ...(plugin === undefined ? {} : { plugin }),
    message,
    ...(JSON.parse(fieldsJson || "{}") as object),
  };
}
