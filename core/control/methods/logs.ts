import { MusicfsError } from "../../errors.js";
import type { LogControl, LogEntry, LogLevel } from "../../logger.js";
import { followLog } from "../../logging/follow.js";
import { safeJson } from "../../text.js";
import type { ControlContext } from "../context.js";
import { LogLevel as WireLevel } from "../gen/musicfs/v1/logs_pb.js";
import type { Methods } from "../methods.js";
import { numberOf, wordOf } from "../words.js";
import { unimplemented } from "./unimplemented.js";

const DEFAULT_LINES = 100;

export function logMethods({ log, instance }: ControlContext): Pick<Methods, "readLogs" | "setLogLevel"> {
  const { control } = log;
  if (!control) {
    return { readLogs: unimplemented("log to read"), setLogLevel: unimplemented("log to read") };
  }
  return {
    async *readLogs({ lines = DEFAULT_LINES, level, follow }, { signal }) {
      const options = { lines, level: levelOf(level) ?? "debug", follow };
      // A reader's stream ends well when the daemon does.
      const ended = AbortSignal.any([signal, instance.signal]);
      for await (const { entries, lost } of followLog(control, options, ended)) {
        yield { entries: entries.map(toMessage), lost: BigInt(lost) };
      }
    },
    setLogLevel({ level }) {
      return { previous: numberOf(WireLevel, setLevel(control, levelOf(level))) };
    },
  };
}

function setLevel(control: LogControl, level: LogLevel | undefined): LogLevel {
  if (!level) throw new MusicfsError("MFS_USAGE", "SetLogLevel needs a level: debug, info, warn or error");
  const previous = control.level;
  control.level = level;
  return previous;
}

function levelOf(value: WireLevel): LogLevel | undefined {
  return value === WireLevel.UNSPECIFIED ? undefined : (wordOf(WireLevel, value) as LogLevel);
}

function toMessage({ time, level, message, plugin, ...fields }: LogEntry) {
  return {
    timeUnixMs: BigInt(time),
    level: numberOf(WireLevel, level),
    message,
    ...(plugin === undefined ? {} : { plugin }),
    fieldsJson: safeJson(fields),
  };
}
