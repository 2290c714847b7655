import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { generateLibrary } from "../../support/generate-library.js";
import type { BenchContext } from "../context.js";
import { BenchInstance, rssBytesOf } from "../instance.js";
import { isMounted, makeFolder, unmount, waitFor, waitForTracks } from "../peers.js";
import { start } from "../processes.js";
import type { Row } from "../rows.js";
import { processorMsOf } from "./processor.js";
import { startSubscribers } from "./subscribers.js";
import { copyWithoutApi } from "./without-api.js";

const TRACKS = 200;
/** After this long the threads that read tags are gone, and the garbage of the start or of a first use. */
const SETTLED_MS = 8_000;
const IDLE_MS = 8_000;
const MOUNT_TIMEOUT_MS = 10_000;

/** What a daemon takes that does nothing. */
interface Idle {
  readonly rssMb: number;
  /** Of one core. */
  readonly percent: number;
}

/** What the control API, events and metrics cost a daemon that does nothing: beside one that has none of it, in turns. */
export async function measureIdle(context: BenchContext): Promise<Row[]> {
  const { options, folder, say } = context;
  const origin = makeFolder(folder, "few");
  generateLibrary(origin, { files: TRACKS });
  const bare = copyWithoutApi(join(folder, "without-api"));
  const unused: Idle[] = [];
  const used: Idle[] = [];
  for (let round = 0; round < options.rounds; round++) {
    say(`idle ${round + 1} of ${options.rounds}`);
    const where = makeFolder(folder, `idle-${round}`);
    const without = await measureOne(
      context,
      new BenchInstance({ folder: makeFolder(where, "without"), origin, program: bare }),
      false,
    );
    const whole = await measureOne(
      context,
      new BenchInstance({ folder: makeFolder(where, "with"), origin }),
      true,
    );
    unused.push(difference(whole[0], without[0]));
    used.push(difference(whole[1], without[1]));
  }
  return [
    ...rowsOf("that nobody uses", unused),
    ...rowsOf("after a call and a scrape, with one subscriber", used),
  ];
}

function rowsOf(when: string, costs: readonly Idle[]): Row[] {
  const figure = `of control API, events and metrics ${when}`;
  return [
    {
      figure: `rss ${figure}`,
      unit: "MB",
      rounds: { musicfs: costs.map(({ rssMb }) => rssMb) },
      target: { subject: "musicfs", atMost: 15 },
    },
    {
      figure: `processor, of one core, ${figure}`,
      unit: "%",
      rounds: { musicfs: costs.map(({ percent }) => percent) },
      target: { subject: "musicfs", atMost: 0.5 },
    },
  ];
}

/** A daemon twice at rest: after its start, and later; `isUsed` says that it is used between the two. */
async function measureOne(
  { cleanup }: BenchContext,
  instance: BenchInstance,
  isUsed: boolean,
): Promise<[Idle, Idle]> {
  const [command, args] = instance.startCommand("json");
  const child = start(command, args);
  child.stderr?.resume();
  const ended = once(child, "close");
  const stop = cleanup.add(async () => {
    child.kill("SIGTERM");
    await ended;
    await unmount(instance.mountpoint);
  });
  const pid = child.pid as number;
  await waitFor(() => isMounted(instance.mountpoint), MOUNT_TIMEOUT_MS, "the daemon did not mount");
  await waitForTracks(instance, TRACKS);
  const before = await atRest(pid);
  if (!isUsed) {
    const after = await atRest(pid);
    await stop();
    return [before, after];
  }
  await ask(instance.socketPath, "POST", "/musicfs.v1.MusicFS/GetStatus");
  await ask(instance.socketPath, "GET", "/metrics");
  const subscribers = await startSubscribers(instance.socketPath, 1);
  const after = await atRest(pid);
  await subscribers.stop();
  await stop();
  return [before, after];
}

async function atRest(pid: number): Promise<Idle> {
  await delay(SETTLED_MS);
  const processorMs = processorMsOf(pid);
  await delay(IDLE_MS);
  return { rssMb: rssBytesOf(pid) / 1e6, percent: (100 * (processorMsOf(pid) - processorMs)) / IDLE_MS };
}

function difference(whole: Idle, part: Idle): Idle {
  return { rssMb: whole.rssMb - part.rssMb, percent: whole.percent - part.percent };
}

async function ask(socketPath: string, method: string, path: string): Promise<void> {
  const call = request({ socketPath, path, method, headers: { "content-type": "application/json" } });
  call.end(method === "POST" ? "{}" : undefined);
  const [response] = await once(call, "response");
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`${path} was answered with ${response.statusCode}`);
}
