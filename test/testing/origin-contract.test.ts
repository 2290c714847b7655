import { describe, test } from "node:test";
import type { OriginFile } from "musicfs";
import { originContract, runContract, type SampleFile } from "musicfs/testing";
import { finds } from "./finds.js";
import { MemoryOrigin, memorySubject } from "./memory-origin.js";

describe("an origin in memory keeps the contract of an origin", () => {
  runContract(originContract, () => memorySubject((files) => new MemoryOrigin(files)), { test });
});

describe("the contract of an origin finds", () => {
  finds(originContract, "a file that is listed twice", /every file once/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { list } = origin;
      origin.list = async function* (signal) {
        yield* list.call(origin, signal);
        yield* list.call(origin, signal);
      };
      return origin;
    }),
  );
  finds(originContract, "a folder of whose files a listing by paths shows none", /all that is below/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { list } = origin;
      origin.list = async function* (signal: AbortSignal, paths?: readonly string[]) {
        for await (const batch of list.call(origin, signal)) {
          yield { ...batch, files: batch.files.filter(({ path }) => paths?.includes(path) ?? true) };
        }
      };
      return origin;
    }),
  );
  finds(originContract, "a path that is gone and ends a listing with an error", /or no longer/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { list } = origin;
      origin.list = async function* (signal: AbortSignal, paths: readonly string[] = []) {
        for (const path of paths) if (!origin.describe(path)) throw new Error(`there is no '${path}'`);
        yield* list.call(origin, signal);
      };
      return origin;
    }),
  );
  finds(originContract, "a watch that tells of other files", /watching tells/, () =>
    memorySubject((files) =>
      Object.assign(new MemoryOrigin(files), {
        async *watch() {
          yield { paths: [] };
          yield { paths: ["another.mp3"] };
        },
      }),
    ),
  );
  finds(originContract, "a listing in one piece", /batches of bounded size/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      origin.list = async function* () {
        yield {
          files: [...origin.files.keys()].map((path) => origin.describe(path) as OriginFile),
          unreadable: [],
        };
      };
      return origin;
    }),
  );
  finds(originContract, "old content under a new name", /changed is not served/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      origin.read = (file, ...rest) => read.call(origin, origin.describe(file.path) ?? file, ...rest);
      return origin;
    }),
  );
  finds(originContract, "a read that stops one byte early", /make up the whole|as it was written/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      origin.read = (file, from, length, signal) =>
        read.call(origin, file, from, Math.max(0, length - 1), signal);
      return origin;
    }),
  );
  finds(originContract, "a buffer that is used again", /the reader's own/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      const shared = new Uint8Array(8 * 1024 * 1024);
      origin.read = async (...args) => {
        const bytes = await read.apply(origin, args);
        shared.set(bytes);
        return shared.subarray(0, bytes.length);
      };
      return origin;
    }),
  );
  finds(originContract, "an abort that nobody hears", /ends a listing|ends list, stat and read/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { list } = origin;
      const deaf = new AbortController().signal;
      origin.list = () => list.call(origin, deaf);
      return origin;
    }),
  );
  finds(originContract, "an origin that an abort breaks", /hinders no later one/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      let isBroken = false;
      origin.read = async (file, from, length, signal) => {
        signal.addEventListener("abort", () => {
          isBroken = true;
        });
        await new Promise((resolve) => setImmediate(resolve));
        if (isBroken) throw signal.aborted ? signal.reason : new Error("broken");
        return read.call(origin, file, from, length, signal);
      };
      return origin;
    }),
  );
  finds(
    originContract,
    "a server that is frozen, and read all the same",
    /although the server stands still/,
    () => ({
      ...memorySubject((files) => new MemoryOrigin(files)),
      freeze: () => () => undefined,
    }),
  );
  finds(
    originContract,
    "a server that stands still and is called something else",
    /stands still is unavailable/,
    () => {
      let isFrozen = false;
      const subject = memorySubject((files) => {
        const origin = new MemoryOrigin(files);
        const { read } = origin;
        origin.read = async (...args) => {
          if (isFrozen) throw new Error("it takes too long");
          return read.apply(origin, args);
        };
        return origin;
      });
      const freeze = (): (() => void) => {
        isFrozen = true;
        return () => undefined;
      };
      return { ...subject, freeze };
    },
  );
  finds(originContract, "a change that is told like any other error", /told by the kind/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      origin.read = (...args) =>
        read.apply(origin, args).catch((error: Error) => {
          throw new Error(error.message);
        });
      return origin;
    }),
  );
  finds(originContract, "a probe that always passes", /a probe passes/, () => {
    const probed = (files: readonly SampleFile[]): MemoryOrigin =>
      Object.assign(new MemoryOrigin(files), { probe: async () => undefined });
    return memorySubject(probed, () => probed([]));
  });
  finds(originContract, "a missing root that looks empty", /a root that is missing/, () =>
    memorySubject(
      (files) => new MemoryOrigin(files),
      () => new MemoryOrigin([]),
    ),
  );
});
