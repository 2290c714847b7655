import { LAUNCH_ENVIRONMENT, LAUNCH_FLAGS } from "../launch.js";

/** What a unit is written for. */
export interface UnitOptions {
  /** Instance of the user's own systemd, which has no rights, or of the system's. */
  readonly isUser: boolean;
  /** Absolute paths. */
  readonly node: string;
  readonly bin: string;
  readonly configFile: string;
  readonly name: string;
  /** Flags that each command gets beside `--config`. */
  readonly flags: readonly string[];
}

/** Where the system's service has its socket; root's commands look there, too. */
export const SERVICE_RUNTIME_DIR = "/run/musicfs";

/** Known by it: a unit that somebody else wrote is left alone. */
export const UNIT_MARK = "# Written by 'musicfs service install'; 'musicfs service uninstall' removes it.";

/** Name of the unit of an instance. */
export function unitName(instance: string): string {
  return instance === "default" ? "musicfs.service" : `musicfs-${instance}.service`;
}

/** The text of a unit (systemd.service(5)). */
export function formatUnit(options: UnitOptions): string {
  const { isUser, node, bin, configFile, name, flags } = options;
  const command = (...args: readonly string[]): string =>
    [node, ...LAUNCH_FLAGS, bin, ...args, "--config", configFile, ...flags].map(quote).join(" ");
  const environment = Object.entries(LAUNCH_ENVIRONMENT)
    .map((entry) => entry.join("="))
    .join(" ");
  return `${UNIT_MARK}
[Unit]
Description=MusicFS: a music library as folders made of its tags${name === "default" ? "" : ` (${name})`}
${isUser ? "" : "Wants=network-online.target\nAfter=network-online.target local-fs.target remote-fs.target\n"}
[Service]
Type=notify
NotifyAccess=main
SyslogIdentifier=${unitName(name).replace(/\.service$/u, "")}
ExecStart=${command("start")}
ExecReload=${command("reload")}
# Takes away the dead mount that a crash leaves, and nothing else.
ExecStopPost=-${command("service", "clean")}
Environment=${environment}
# Secrets that the config takes from the environment; for { credential: "name" } add LoadCredential=name:/path.
EnvironmentFile=-${isUser ? "%h/.config" : "/etc"}/musicfs/environment
WorkingDirectory=/
Restart=on-failure
RestartSec=2
# Wrong use, a wrong config, another instance, a machine that lacks something: trying again changes nothing.
RestartPreventExitStatus=2 3 5 6
WatchdogSec=60
TimeoutStopSec=40
KillMode=mixed
UMask=0077
${isUser ? "" : SYSTEM_ONLY}
[Install]
WantedBy=${isUser ? "default.target" : "multi-user.target"}
`;
}

// Whatever gives the unit a mount namespace of its own is left out (ProtectSystem, ProtectHome, PrivateTmp,
// PrivateDevices, ProtectKernelModules …): the mount would be seen by nobody else. For a user there is
// nothing: each of these takes the right to run fusermount3 as root.
const SYSTEM_ONLY = `RuntimeDirectory=musicfs
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
Environment=MUSICFS_RUNTIME_DIR=${SERVICE_RUNTIME_DIR}

# What a mount namespace needs (ProtectSystem, PrivateTmp, …) would hide the mount from everybody else.
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_SYS_ADMIN CAP_DAC_READ_SEARCH
DevicePolicy=closed
DeviceAllow=/dev/fuse rw
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @mount
SystemCallErrorNumber=EPERM
`;

/** An argument of a command line of systemd, which expands `$` and `%` and has quotes of its own. */
function quote(argument: string): string {
  const text = argument.replace(/[\\"]/gu, "\\$&").replace(/%/gu, "%%").replace(/\$/gu, "$$$$");
  const safe = text.replace(/\n/gu, "\\n").replace(/\t/gu, "\\t");
  return /^[\w./:=@%$-]+$/u.test(safe) && safe === text ? safe : `"${safe}"`;
}
