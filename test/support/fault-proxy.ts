import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type Fault, FaultSwitch, type ProxyCounts } from "./fault.js";
import { FaultLine } from "./fault-line.js";

/** Where a proxy leads to, and where it listens. */
export interface ProxyTarget {
  /** Port of the server behind it. */
  readonly port: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** @default a free port */
  readonly listenPort?: number;
  /** @default "127.0.0.1" */
  readonly listenHost?: string;
}

/** A TCP proxy in front of a real server, which does to the connections through it what a bad network does. */
export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #target: ProxyTarget;
  readonly #switch: FaultSwitch;
  readonly #live = new Set<Connection>();
  readonly #counts = { connections: 0, bytesUp: 0, bytesDown: 0, faults: 0 };
  #swapping: NodeJS.Timeout | undefined;

  private constructor(server: Server, target: ProxyTarget, fault: Fault) {
    this.#server = server;
    this.#target = target;
    this.#switch = new FaultSwitch(fault);
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => this.#connected(client));
  }

  static async open(target: ProxyTarget, fault: Fault = { mode: "ok" }): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(target.listenPort ?? 0, target.listenHost ?? "127.0.0.1");
    await once(server, "listening");
    return new FaultProxy(server, target, fault);
  }

  get fault(): Fault {
    return this.#switch.fault;
  }

  get counts(): ProxyCounts {
    return { ...this.#counts, live: this.#live.size };
  }

  /**
   * Changes what happens from now on, on live connections, too.
   *
   * @param kill whether live connections are reset first; with `refuse` they are in any case.
   */
  set(fault: Fault, { kill = false } = {}): void {
    clearInterval(this.#swapping);
    this.#change(fault, kill);
  }

  /** Changes between these faults, each for so long, until the next {@link set}. */
  swap(faults: readonly [Fault, ...Fault[]], everyMs: number, { kill = false } = {}): void {
    this.set(faults[0], { kill });
    let turn = 0;
    this.#swapping = setInterval(() => {
      turn = (turn + 1) % faults.length;
      this.#change(faults[turn] as Fault, kill);
    }, everyMs);
  }

  /** Resets every live connection. */
  killConnections(): void {
    for (const connection of this.#live) {
      this.#counts.faults++;
      connection.end("reset");
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#swapping);
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const connection of this.#live) connection.end("reset");
    await closed;
  }

  #change(fault: Fault, kill: boolean): void {
    if (kill || fault.mode === "refuse") this.killConnections();
    this.#switch.set(fault);
  }

  #connected(client: Socket): void {
    this.#counts.connections++;
    // One may have been taken up by the system before the end.
    if (this.fault.mode === "refuse" || !this.#server.listening) {
      this.#counts.faults++;
      client.on("error", () => undefined).resetAndDestroy();
      return;
    }
    const { port, host = "127.0.0.1" } = this.#target;
    const server = connect({ port, host, allowHalfOpen: true, noDelay: true });
    const connection = new Connection(client, server, () => this.#live.delete(connection));
    this.#live.add(connection);
    const end = (how: "reset" | "close"): void => connection.end(how);
    const onFault = (): number => this.#counts.faults++;
    const [up, down] = [this.#counter("bytesUp"), this.#counter("bytesDown")];
    const faults = this.#switch;
    new FaultLine({ from: client, to: server, isDown: false, faults, end, onFault, onBytes: up });
    new FaultLine({ from: server, to: client, isDown: true, faults, end, onFault, onBytes: down });
  }

  #counter(name: "bytesUp" | "bytesDown"): (count: number) => void {
    return (count) => {
      this.#counts[name] += count;
    };
  }
}

class Connection {
  readonly #sockets: readonly Socket[];

  constructor(client: Socket, server: Socket, onClosed: () => void) {
    this.#sockets = [client, server];
    for (const socket of this.#sockets) {
      // What one side does by an error, the other side sees as one.
      socket.on("error", () => this.end("reset"));
      socket.on("close", () => {
        if (this.#sockets.every(({ destroyed }) => destroyed)) onClosed();
      });
    }
    // A client that is gone is no reason to keep its server's side.
    client.on("close", () => server.destroy());
  }

  end(how: "reset" | "close"): void {
    for (const socket of this.#sockets) {
      if (how === "close") socket.destroySoon();
      // A socket that is connecting, or has said that it ends, can't be reset: Node would never close it.
      else if (socket.destroyed || socket.connecting || socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }
}
