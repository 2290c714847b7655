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

for (const [name, makePlugin] of Object.entries(DRIVERS)) {
  const makeSubject: MakeSubject<MountDriverSubject> = async () => {
    const plugin = await setUpPlugin(makePlugin());
    return { driver: await plugin.mountDriver(), close: plugin.close };
  };
  describe(`${name} keeps the contract of a mount driver`, () => {
    runContract(mountDriverContract, makeSubject, { test });
  });
}
