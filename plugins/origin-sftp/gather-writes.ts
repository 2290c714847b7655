import type { Socket } from "node:net";

/**
 * Lets a socket send what is written in one turn of the event loop in one call. ssh2 writes the length, the bytes and the
 * signature of each packet by themselves, each of which would be a call and a segment of its own.
 *
 * @param socket is connecting or connected: Node gives it its own `write` when that begins, whatever its class has.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (...args: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...args);
  };
}
