/** The module that a config names: it may export one plugin and nothing else. */
export { loopDelay } from "./loop-delay.js";
