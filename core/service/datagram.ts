import koffi from "koffi";

/** Of Linux, on every architecture that Node runs on but MIPS (socket(2), unix(7)). */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** `sun_path` of `sockaddr_un`. */
const MAX_PATH_BYTES = 108;

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  sendto(
    fd: number,
    data: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    size: number,
  ): number;
  close(fd: number): number;
}

let libc: Libc | undefined;

/**
 * Sends one datagram to a Unix socket, which Node cannot. Never waits: a receiver that is full loses it.
 *
 * @param path of the socket; one that begins with `@` is abstract (unix(7)).
 * @throws when it cannot be sent.
 */
export function sendDatagram(path: string, text: string): void {
  libc ??= bind();
  const address = addressOf(path);
  const data = Buffer.from(text);
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw failed("socket", path);
  const sent = libc.sendto(fd, data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length);
  // What follows may set errno anew.
  const error = sent < 0 ? failed("sendto", path) : undefined;
  libc.close(fd);
  if (error) throw error;
}

function addressOf(path: string): Buffer {
  const name = Buffer.from(path);
  const isAbstract = path.startsWith("@");
  if (isAbstract) name[0] = 0;
  if (name.length >= MAX_PATH_BYTES)
    throw new Error(`the socket's path is longer than ${MAX_PATH_BYTES - 1} bytes`);
  const family = Buffer.alloc(2);
  if (littleEndian) family.writeUInt16LE(AF_UNIX);
  else family.writeUInt16BE(AF_UNIX);
  return Buffer.concat([family, name, ...(isAbstract ? [] : [Buffer.alloc(1)])]);
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function bind(): Libc {
  const library = koffi.load(null);
  return {
    socket: library.func("int socket(int domain, int type, int protocol)"),
    sendto: library.func(
      "intptr_t sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *address, uint32_t size)",
    ),
    close: library.func("int close(int fd)"),
  };
}

function failed(call: string, path: string): Error {
  return new Error(`${call} to ${path}: errno ${koffi.errno()}`);
}
