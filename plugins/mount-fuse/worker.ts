import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { openVfs } from "musicfs/vfs";
import { AccessTable } from "./access-table.js";
import { CachedFiles } from "./cached-files.js";
import { Channel } from "./channel.js";
import { createClock } from "./clock.js";
import { Copier } from "./copier.js";
import { Directories } from "./directories.js";
import { Files } from "./files.js";
import { Leadership } from "./leadership.js";
import type { WorkerInput, WorkerMessage } from "./messages.js";
import { OpenTable } from "./open-table.js";
import { Passthrough } from "./passthrough.js";
import { Server } from "./server.js";
import { CONTROL, CURRENT, openSharedState, PHASE } from "./shared-state.js";
import { StatBuffer } from "./stat-buffer.js";
import { loadSyscalls, SYSTEM_ERRNO } from "./syscalls.js";
import { Waiter } from "./waiter.js";

// Entry of a FUSE worker: takes requests from /dev/fuse and answers them until it is told to leave, or the
// kernel hangs up. It never returns to its event loop meanwhile.

const input = workerData as WorkerInput;
const syscalls = loadSyscalls();
const state = openSharedState(input.shared);
const vfs = openVfs(input.vfs);

post({ kind: "ready" });
Atomics.wait(state.control, CONTROL.phase, PHASE.waiting);
const disconnected = state.control[CONTROL.phase] === PHASE.serving && serve();
vfs.close();
post({ kind: "left", disconnected });

/** @returns whether the kernel hung up. */
function serve(): boolean {
  const { control } = state;
  const fd = control[CONTROL.fd] as number;
  const current = state.current[input.number - 1] as Uint32Array;
  const channel = new Channel(syscalls, fd);
  const leadership = new Leadership(control, input.number);
  const server = createServer(channel, fd, leadership);
  const waiter = new Waiter(syscalls, channel, fd, control[CONTROL.stopFd] as number);
  try {
    for (;;) {
      leadership.take();
      if (Atomics.load(control, CONTROL.phase) !== PHASE.serving) return false;
      const received = waiter.receive();
      if (received > 0) {
        current[CURRENT.low] = channel.uniqueLow;
        current[CURRENT.high] = channel.uniqueHigh;
        current[CURRENT.held] = 1;
        server.answer(received);
        current[CURRENT.held] = 0;
        waiter.answered();
      } else if (isHangup(-received)) {
        return true;
      }
    }
  } finally {
    waiter.close();
    leadership.passOn();
  }
}

// EAGAIN: there is none yet. ENOENT: the request was taken back before it was read. EINTR: a signal.
function isHangup(errno: number): boolean {
  return errno !== SYSTEM_ERRNO.EAGAIN && errno !== SYSTEM_ERRNO.EINTR && errno !== SYSTEM_ERRNO.ENOENT;
}

function createServer(channel: Channel, fd: number, leadership: Leadership): Server {
  const counters = state.counters[input.number] as Float64Array;
  const latencies = state.latencies[input.number] as Float64Array;
  const table = new OpenTable(input.openTable, input.number + 1);
  const accesses = new AccessTable(input.accesses, input.number, createClock());
  const passthrough = new Passthrough(syscalls, fd, state.control, counters);
  const stat = new StatBuffer(syscalls);
  const copier = new Copier(channel, syscalls, leadership);
  const { blobs } = vfs;
  const cached =
    blobs && new CachedFiles({ blobs, channel, copier, table, passthrough, stat, counters, post });
  const { ownership } = input;
  return new Server({
    channel,
    vfs,
    directories: new Directories({ channel, vfs, ownership, leadership }),
    files: new Files({
      channel,
      syscalls,
      vfs,
      leadership,
      copier,
      cached,
      table,
      accesses,
      passthrough,
      stat,
      counters,
      mayBeDirect: () => Atomics.load(state.control, CONTROL.directMmap) === 1,
      fdBudget: fdBudget(),
      post,
    }),
    table,
    ownership,
    control: state.control,
    counters,
    latencies,
    wantsPassthrough: input.passthrough,
    agreed: (agreement) => {
      state.control[CONTROL.minor] = agreement.minor;
      Atomics.store(state.control, CONTROL.passthrough, agreement.passthrough ? 1 : 0);
      Atomics.store(state.control, CONTROL.directMmap, agreement.directMmap ? 1 : 0);
      post({ kind: "initialized" });
    },
    post,
  });
}

// Half of what the process may open: the rest is for files that are copied, and for all else.
function fdBudget(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return limit === undefined ? Number.POSITIVE_INFINITY : Math.floor(Number(limit) / 2);
}

function post(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}
