import { spawn } from "node:child_process";
import { until } from "./process.js";

/** A real datagram socket, which Node itself cannot open. */
export interface DatagramReceiver {
  /** Each datagram as it came. */
  readonly received: readonly string[];
}

const SCRIPT = `
import json, socket, sys
path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind("\\0" + path[1:] if path.startswith("@") else path)
print('"bound"', flush=True)
while True:
    print(json.dumps(receiver.recv(65536).decode()), flush=True)
`;

/** Binds `path` (abstract with a leading `@`) until the test is over. */
export async function receiveDatagrams(
  t: { after(fn: () => void): void },
  path: string,
): Promise<DatagramReceiver> {
  const child = spawn("python3", ["-c", SCRIPT, path], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const received: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    received.push(...lines.map((line) => JSON.parse(line) as string));
  });
  await until("the socket is bound", () => received.shift());
  return { received };
}
