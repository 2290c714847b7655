#!/usr/bin/env -S UV_THREADPOOL_SIZE=32 node
import { runCommandLine } from "./program.js";

await runCommandLine(process.argv);
