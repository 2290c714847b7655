import type { LateAnswers } from "../model/mount-driver.js";
import { isLive, OWN_DIRECTORY_INO } from "../vfs/own-nodes.js";

/** Versions of the file that are kept for readers who have not come to their end. */
const MAX_TEXTS = 8;

/**
 * Late answers that also give the file `/.musicfs/metrics`. Each version of it is one text, however many reads
 * it takes.
 *
 * @param render makes the text; may wait until there is one.
 */
export function answerMetrics(late: LateAnswers, render: () => Promise<string>): LateAnswers {
  const texts = new Map<number, Promise<Buffer>>();
  const textOf = (revision: number): Promise<Buffer> => {
    const known = texts.get(revision);
    if (known) return known;
    const made = render().then((text) => Buffer.from(text));
    texts.set(revision, made);
    const [oldest] = texts.keys();
    if (texts.size > MAX_TEXTS && oldest !== undefined) texts.delete(oldest);
    made.catch(() => texts.delete(revision));
    return made;
  };
  return {
    ...late,
    async read(ino, revision, offsetBytes, lengthBytes, signal, use) {
      if (!isLive(ino)) return late.read(ino, revision, offsetBytes, lengthBytes, signal, use);
      return use((await textOf(revision)).subarray(offsetBytes, offsetBytes + lengthBytes));
    },
    lookup: async (parentIno, name, signal) =>
      parentIno === OWN_DIRECTORY_INO ? undefined : late.lookup(parentIno, name, signal),
  };
}
