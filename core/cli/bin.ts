#!/usr/bin/env -S UV_THREADPOOL_SIZE=32 MALLOC_ARENA_MAX=2 node --max-semi-space-size=4 --heap-growing-percent=30 --expose-gc
import { runCommandLine } from "./program.js";

await runCommandLine(process.argv);
