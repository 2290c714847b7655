import { describe, test } from "node:test";
import { mountFuse, mountFuseNative } from "musicfs/plugins";
import {
  type MakeSubject,
  type MountDriverSubject,
  mountDriverContract,
  runContract,
  setUpPlugin,
} from "musicfs/testing";

const DRIVERS = {
  "mount-fuse": () => mountFuse(),
  "mount-fuse, copying": () => mountFuse({ passthrough: false }),
  "mount-fuse-native": () => mountFuseNative(),
};

const EXCEPTIONS: Record<string, Record<string, string>> = {
  "mount-fuse-native": {
    "a lookup that hangs delays no other in its directory":
      "libfuse 2 does not tell the kernel that it may send two at a time",
  },
};

for (const [name, makePlugin] of Object.entries(DRIVERS)) {
  const makeSubject: MakeSubject<MountDriverSubject> = async () => {
    const plugin = await setUpPlugin(makePlugin());
    return { driver: await plugin.mountDriver(), close: plugin.close };
  };
  describe(`${name} keeps the contract of a mount driver`, () => {
    runContract(mountDriverContract, makeSubject, { test, exceptions: EXCEPTIONS[name] ?? {} });
  });
}
