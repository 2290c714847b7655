import { type GlobalOptions, loadCommandConfig } from "./context.js";

export interface StartOptions extends GlobalOptions {
  readonly detach?: boolean;
  readonly json?: boolean;
  /** Set on the process that `--detach` starts. */
  readonly detached?: boolean;
}

/** `musicfs start` */
export async function start(options: StartOptions): Promise<void> {
  if (options.detach && !options.detached) {
    const { startDetached } = await import("./detach.js");
    return startDetached(options);
  }
  try {
    const config = await loadCommandConfig(options);
    const { runDaemon } = await import("./run-daemon.js");
    await runDaemon(config, options);
  } catch (error) {
    if (options.detached) (await import("./detached-report.js")).reportFailure(error);
    throw error;
  }
}
