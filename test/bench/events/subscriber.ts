/**
 * Subscribes to the events of a daemon: `subscriber.js SOCKET COUNT`. Reads and drops what COUNT subscriptions
 * are sent, and nothing of one more; writes how many bytes it has read, once all are there and ten times a second.
 */
import { connect, type Socket } from "node:net";

const [socketPath = "", count = "1"] = process.argv.slice(2);
const REPORT_EVERY_MS = 100;
/** A message of Connect's that is empty: flags, and a length of 0. */
const BODY = "\0\0\0\0\0";
const REQUEST = [
  "POST /musicfs.v1.MusicFS/SubscribeEvents HTTP/1.1",
  "Host: localhost",
  "Content-Type: application/connect+proto",
  `Content-Length: ${BODY.length}`,
  "",
  BODY,
].join("\r\n");

let bytes = 0;

function subscribe(): Socket {
  const socket = connect(socketPath);
  socket.write(REQUEST);
  return socket;
}

function read(): Promise<void> {
  return new Promise((resolve) => {
    subscribe().on("data", (piece) => {
      bytes += piece.length;
      resolve();
    });
  });
}

subscribe().pause();
await Promise.all(Array.from({ length: Number(count) }, read));
setInterval(() => process.stdout.write(`${bytes}\n`), REPORT_EVERY_MS);
process.stdout.write(`${bytes}\n`);
