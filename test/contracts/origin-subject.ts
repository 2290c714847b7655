import type { Origin, OriginFile } from "../../core/model/origin.js";
import type { ContractCase, ContractSubject } from "./contract.js";
import { noAbort } from "./deadline.js";
import type { SampleFile } from "./sample-tree.js";

/** An origin filled with the kit's sample files, and the means to change what lies behind it. */
export interface OriginSubject extends ContractSubject {
  readonly origin: Origin;
  /** Every file that the origin must have: what `writeSampleTree` or `sampleFiles` gave. */
  readonly expected: readonly SampleFile[];
  /** Gives a file other content, as its owner would: the modification time or the version changes, too. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Deletes a file. */
  remove(path: string): Promise<void>;
  /** An origin of the same kind whose root does not exist; it need not outlive the subject. */
  openMissing(): Promise<Origin>;
  /** An origin of the same kind with these files and no others. */
  openWith(files: readonly SampleFile[]): Promise<Origin>;
  /** How many files a long listing has; fewer where a server takes minutes to be filled. @default 20,000 */
  readonly manyFiles?: number;
  /**
   * Stops the server in its tracks, such as by SIGSTOP to its processes, so that connections stay open and nothing is answered.
   * Absent where there is no server.
   *
   * @returns what lets it go on.
   */
  freeze?(): () => void;
}

export type OriginCase = ContractCase<OriginSubject>;

/** Everything that a listing gives. */
export async function listAll(origin: Origin): Promise<OriginFile[]> {
  const files: OriginFile[] = [];
  for await (const batch of origin.list(noAbort())) files.push(...batch.files);
  return files;
}

/** The listing's own entry for one path. */
export async function listedFile(origin: Origin, path: string): Promise<OriginFile> {
  const file = (await listAll(origin)).find((candidate) => candidate.path === path);
  if (!file) throw new Error(`'${path}' is not listed`);
  return file;
}

/** The expected file of a path. */
export function expectedFile(subject: OriginSubject, path: string): SampleFile {
  const file = subject.expected.find((candidate) => candidate.path === path);
  if (!file) throw new Error(`'${path}' is not among the expected files`);
  return file;
}

/** The biggest of the expected files. */
export function biggestFile(subject: OriginSubject): SampleFile {
  return subject.expected.reduce((biggest, file) =>
    file.bytes.length > biggest.bytes.length ? file : biggest,
  );
}
