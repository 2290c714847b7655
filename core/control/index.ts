/** What `import … from "musicfs/control"` gives: calling the control API of another instance. */
export { Code, ConnectError } from "@connectrpc/connect";
export type { ControlClient } from "./client.js";
export { type ControlAddress, connectControl, type RemoteControl } from "./remote-control.js";
export { fromWire as controlErrorOf } from "./wire-errors.js";
