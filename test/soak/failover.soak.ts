import { describe, test } from "node:test";
import { SERVER_NAMES } from "../mount/fixtures/proxied-servers.js";
import {
  type FlappingServers,
  NETWORK_FAULTS,
  type NetworkFault,
  readThroughFaults,
  readWhileServersFlap,
} from "../mount/fixtures/server-faults.js";

const FAULTS = Object.keys(NETWORK_FAULTS) as NetworkFault[];
const FLAPPING: readonly FlappingServers[] = [
  { names: ["S3", "WebDAV"], fault: { mode: "reset" }, everyMs: 10 },
  { names: ["SFTP", "WebDAV"], fault: { mode: "reset" }, everyMs: 1_000 },
  { names: ["S3", "WebDAV"], fault: { mode: "hang" }, everyMs: 100, options: { hedge: true } },
  { names: ["SFTP", "S3"], fault: { mode: "hang" }, everyMs: 5_000 },
];

describe("real servers behind a bad network", () => {
  test("a file goes on from another server, whatever happens to whichever", (t) =>
    readThroughFaults(
      t,
      SERVER_NAMES.flatMap((name) => FAULTS.map((fault) => [name, fault] as const)),
    ));

  for (const flapping of FLAPPING) {
    const { names, fault, everyMs } = flapping;
    test(`${names.join(" and ")}, ${fault.mode} in turns of ${everyMs} ms, 16 readers, 60 s: no error, no wrong byte`, (t) =>
      readWhileServersFlap(t, flapping, 60_000));
  }
});
