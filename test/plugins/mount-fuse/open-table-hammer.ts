import { parentPort, workerData } from "node:worker_threads";
import { OPEN_MODE, OpenTable } from "../../../plugins/mount-fuse/open-table.js";

// One thread of the test with several: opens and closes few inodes many times, under descriptors that it
// makes up, and says which of them went into the table and which came out.

const { memory, owner } = workerData as { memory: SharedArrayBuffer; owner: number };
const ROUNDS = 20_000;
const INODES = 8;

const table = new OpenTable(memory, owner);
const entered: number[] = [];
const closed: number[] = [];
const leftover = { fd: -1, backingId: 0 };

for (let round = 0; round < ROUNDS; round += 1) {
  const ino = (round * owner) % INODES;
  let slot = table.acquire(ino, 0);
  if (slot < 0) slot = open(ino, owner * ROUNDS + round);
  if (table.release(slot, round % 3 === 0, leftover)) closed.push(leftover.fd);
  if (round % 100 === 0) closed.push(...table.expireIdle().map(({ fd }) => fd));
}
parentPort?.postMessage({ entered, closed });

function open(ino: number, fd: number): number {
  const slot = table.enter(ino, 0, {
    mode: OPEN_MODE.copy,
    fd,
    backingId: 0,
    sizeBytes: 0,
    mtimeMs: 0,
    changeSeconds: 0,
    changeNanoseconds: 0,
  });
  if (table.fd(slot) === fd) entered.push(fd);
  return slot;
}
