import type { Daemon, DaemonParts } from "../daemon/daemon.js";

/** What the methods of the control API work on. */
export interface ControlContext extends DaemonParts {
  readonly daemon: Daemon;
}
