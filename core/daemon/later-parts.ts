import type { LateAnswers, MountAccess } from "../model/mount-driver.js";

/** What a mount asks of parts that are made after it. */
export interface LaterParts {
  readonly refresh: LateAnswers["refresh"];
  readonly lookup: LateAnswers["lookup"];
  readonly accessed: (access: MountAccess) => void;
}
