import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Fault, ProxyCounts } from "./fault.js";
import { FaultProxy, type ProxyTarget } from "./fault-proxy.js";

type Order =
  | { readonly open: ProxyTarget; readonly fault: Fault }
  | { readonly set: Fault; readonly kill: boolean }
  | { readonly counts: true };

/** A {@link FaultProxy} in a process of its own, so that it does not wait for whoever uses it; ends with it. */
export class FaultProxyProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async open(target: ProxyTarget, fault: Fault = { mode: "ok" }): Promise<FaultProxyProcess> {
    const child = fork(fileURLToPath(import.meta.url), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    return new FaultProxyProcess(child, (await ask(child, { open: target, fault })) as number);
  }

  async set(fault: Fault, { kill = false } = {}): Promise<void> {
    await ask(this.#child, { set: fault, kill });
  }

  async counts(): Promise<ProxyCounts> {
    return (await ask(this.#child, { counts: true })) as ProxyCounts;
  }

  async close(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.disconnect();
    await exited;
  }
}

async function ask(child: ChildProcess, order: Order): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  child.send(order);
  try {
    const [answer] = (await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }).then(() => Promise.reject(new Error("the proxy's process ended"))),
    ])) as [unknown];
    return answer;
  } finally {
    settled.abort();
  }
}

let opened: FaultProxy | undefined;

async function obey(order: Order): Promise<unknown> {
  if ("open" in order) {
    opened = await FaultProxy.open(order.open, order.fault);
    return opened.port;
  }
  if ("set" in order) opened?.set(order.set, { kill: order.kill });
  return opened?.counts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on("message", (order: Order) => void obey(order).then((answer) => process.send?.(answer)));
  process.on("disconnect", () => process.exit(0));
}
