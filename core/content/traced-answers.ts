import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { withRequestId } from "../logging/request-id.js";
import type { LateAnswers } from "../model/mount-driver.js";

/** Late answers that say, at the level `debug`, what was asked and what came; a number follows each request. */
export function traceAnswers(late: LateAnswers, log: Logger): LateAnswers {
  return {
    ...late,
    read(ino, revision, offsetBytes, lengthBytes, signal, use) {
      if (log.control?.level !== "debug") {
        return late.read(ino, revision, offsetBytes, lengthBytes, signal, use);
      }
      const subject = `${lengthBytes} bytes at ${offsetBytes} of inode ${ino}`;
      return withRequestId(async () => {
        const beganMs = performance.now();
        const elapsed = (): string => `${Math.round(performance.now() - beganMs)} ms`;
        log.debug(`a reader wants ${subject}`);
        try {
          return await late.read(ino, revision, offsetBytes, lengthBytes, signal, async (bytes) => {
            const result = await use(bytes);
            log.debug(`answered ${subject} with ${bytes.length} bytes after ${elapsed()}`);
            return result;
          });
        } catch (error) {
          log.debug(`failed ${subject} after ${elapsed()}: ${messageOf(error)}`);
          throw error;
        }
      });
    },
  };
}
