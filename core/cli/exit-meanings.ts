import { EXIT } from "../errors.js";

/** The exit codes, as `--help` and the man page publish them. */
export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.failure, "failed"],
  [EXIT.usage, "wrong use of the command line"],
  [EXIT.config, "something is wrong with the config"],
  [EXIT.notRunning, "no MusicFS is running"],
  [EXIT.alreadyRunning, "a MusicFS is running already"],
  [EXIT.machine, "the machine lacks something (musicfs doctor)"],
  [EXIT.internal, "a fault of MusicFS itself"],
];
