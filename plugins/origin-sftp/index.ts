import { homedir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { definePlugin, originOptions, type Secret, secret, z } from "musicfs";

const options = z.strictObject({
  ...originOptions({ concurrency: 32 }),
  /** Name or address of the server. */
  host: z.string().regex(/^[\w:.%][\w:.%-]{0,252}$/u, "expected the name or the address of a host"),
  /** @default 22 */
  port: z.int().min(1).max(65_535).default(22),
  /** Who to log in as. @default the user who runs MusicFS */
  username: z.string().min(1).max(255).optional(),
  /** Folder on the server: absolute, or below the user's home there. @default the home */
  path: z.string().min(1).max(4096).default("."),
  /** Password: text, `{ env }`, `{ file }` or `{ credential }`. */
  password: secret().optional(),
  /** A private key: text, `{ env }`, `{ file }` or `{ credential }`. */
  privateKey: secret().optional(),
  /** File of a private key. @default `id_ed25519`, `id_ecdsa` or `id_rsa` in `~/.ssh`, where nothing else is given */
  privateKeyFile: z.string().min(1).max(4096).optional(),
  /** What the private key is encrypted with. */
  passphrase: secret().optional(),
  /** Whether an ssh-agent is asked: `true` for the one of `SSH_AUTH_SOCK`, or its socket. @default false */
  agent: z.union([z.boolean(), z.string().min(1).max(4096)]).default(false),
  /** File with the keys of known servers. @default `~/.ssh/known_hosts`, and the machine's own */
  knownHosts: z.string().min(1).max(4096).optional(),
  /** Fingerprint of the server's key as `ssh-keygen -l` shows it; then `knownHosts` is not looked at. */
  hostFingerprint: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/u, "expected SHA256: and 43 characters, as ssh-keygen -l shows it")
    .optional(),
  /** Whether symbolic links that lead out of `path` are followed. @default false */
  followSymlinks: z.boolean().default(false),
  /** Most connections at one time. @default 4 */
  connections: z.int().min(1).max(16).default(4),
});

/** Music on an SSH server; see README.md beside this file. */
export const originSftp = definePlugin({
  name: "origin-sftp",
  provides: ["origin"],
  options,
  instance: (given) => given.id ?? addressOf(given),
  setup({ hooks, configDir, readSecret }, given) {
    if (!given.enabled) return;
    const { id, host, port, path, followSymlinks, hostFingerprint, connections } = given;
    const { enabled, priority, pollInterval, concurrency, timeout, idleTimeout, bandwidth, hedge, keep } =
      given;
    const at = (file: string): string => resolveFile(file, configDir);
    const reader = (value: Secret | undefined) => value && (() => readSecret(value));
    hooks.openOrigin.tap(async () => {
      // What speaks SSH is loaded by those who need it.
      const { openSftpOrigin } = await import("./sftp-origin.js");
      return openSftpOrigin({
        id: id ?? addressOf(given),
        settings: {
          enabled,
          priority,
          pollInterval,
          concurrency,
          timeout,
          idleTimeout,
          bandwidth,
          hedge,
          keep,
        },
        host,
        port,
        folder: folderOf(path),
        followSymlinks,
        maxConnections: connections,
        hostFingerprint,
        knownHosts: given.knownHosts
          ? [at(given.knownHosts)]
          : [join(homedir(), ".ssh", "known_hosts"), "/etc/ssh/ssh_known_hosts"],
        credentials: {
          username: usernameOf(given),
          password: reader(given.password),
          privateKey: reader(given.privateKey),
          privateKeyFile: given.privateKeyFile && at(given.privateKeyFile),
          passphrase: reader(given.passphrase),
          agent: agentOf(given.agent),
          home: homedir(),
        },
      });
    });
  },
});

interface Address {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly path: string;
}

function addressOf(address: Address): string {
  const { host, port, path } = address;
  return `sftp://${usernameOf(address)}@${host}${port === 22 ? "" : `:${port}`}/${path.replace(/^\//u, "%2F")}`;
}

function usernameOf({ username }: Pick<Address, "username">): string {
  return username ?? userInfo().username;
}

// The home of the user is where a session begins.
function folderOf(path: string): string {
  return path === "~" ? "." : path.replace(/^~\//u, "");
}

function agentOf(agent: boolean | string): string | undefined {
  return agent === true ? process.env.SSH_AUTH_SOCK : agent || undefined;
}

function resolveFile(file: string, configDir: string): string {
  const expanded = file === "~" || file.startsWith("~/") ? join(homedir(), file.slice(1)) : file;
  return isAbsolute(expanded) ? resolve(expanded) : resolve(configDir, expanded);
}
