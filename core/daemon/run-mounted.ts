import { controlMethods } from "../control/methods.js";
import { serveControl } from "../control/server.js";
import type { Library } from "../library/library.js";
import { createLibraryParts } from "../library-parts.js";
import { ChangeRelay } from "./change-relay.js";
import type { Daemon, MountedParts } from "./daemon.js";
import type { Later } from "./later.js";
import { RunningDaemon } from "./running-daemon.js";

/** Adds to a mount everything that it does not need for its first answer: the library, its scan, the control API. */
export async function runMounted(
  mounted: MountedParts,
  laterLibrary: Later<Library>,
  generation: SharedArrayBuffer,
): Promise<Daemon> {
  const { config, log, instance, catalogue, origins, mount, undo } = mounted;
  const changes = new ChangeRelay(mount, generation, log);
  const { library, close } = createLibraryParts(config, instance, catalogue, origins, log, (changed) =>
    changes.send(changed),
  );
  undo.push(close);
  laterLibrary.resolve(library);

  const parts = { ...mounted, library };
  const daemon = new RunningDaemon(parts);
  const control = await serveControl(config.socketPath, controlMethods(daemon), log);
  undo.push(() => control.close());
  daemon.begin();
  return daemon;
}
