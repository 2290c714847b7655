import { parentPort, workerData } from "node:worker_threads";
import { BlobTable } from "#core/store/blob-table.js";

// Finds blobs while another thread publishes and retires them, and counts those that are not what they should be.
const { memory, stop } = workerData as { memory: SharedArrayBuffer; stop: SharedArrayBuffer };
const table = new BlobTable(memory);
const stopped = new Int32Array(stop);
const place = { slot: -1, ticket: 0 };
let found = 0;
let wrong = 0;

parentPort?.postMessage("ready");
for (let step = 0; Atomics.load(stopped, 0) === 0; step += 1) {
  const ino = step % 300;
  if (!table.find(ino, 0, place)) continue;
  const fd = table.fd(place.slot);
  table.holds(place.slot, 0, 1);
  if (!table.isCurrent(place)) continue;
  found += 1;
  if (fd !== ino) wrong += 1;
}
parentPort?.postMessage({ found, wrong });
