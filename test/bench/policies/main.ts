/** Which cache policy keeps what people play: the table in plugins/cache-sieve/README.md. */
import type { CachePolicy } from "musicfs";
import { cacheLru, cacheSieve } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";
import type { Plugin } from "#core/plugin.js";
import type { Listening } from "../../support/listening.js";
import { type CacheHits, simulateCache, trackSizes } from "../../support/simulate-cache.js";
import { createSieve } from "./sieve.js";

const LIBRARY = { albums: 1000, plays: 30_000, seed: 5 };
const SCAN_EVERY = 5000;
const DRIFT_EVERY = 3000;
const CACHE_SHARES = [0.02, 0.05, 0.1, 0.2] as const;
const USE_GAP_MS = 600_000;

const SCENARIOS: readonly (Listening & { readonly name: string })[] = [
  { name: "plays only", ...LIBRARY, scanEvery: 0, driftEvery: 0 },
  { name: "plays, favourites change", ...LIBRARY, scanEvery: 0, driftEvery: DRIFT_EVERY },
  { name: "plays and scans", ...LIBRARY, scanEvery: SCAN_EVERY, driftEvery: 0 },
  { name: "plays and scans, favourites change", ...LIBRARY, scanEvery: SCAN_EVERY, driftEvery: DRIFT_EVERY },
];

const POLICIES: Readonly<Record<string, (maxBytes: number) => CachePolicy | Promise<CachePolicy>>> = {
  cacheLru: (maxBytes) => policyOf(cacheLru({ maxBytes })),
  "SIEVE, each read a use": (maxBytes) => createSieve(maxBytes, 0),
  SIEVE: (maxBytes) => createSieve(maxBytes, USE_GAP_MS),
  "cacheSieve, each read a use": (maxBytes) => policyOf(cacheSieve({ maxBytes, useGap: 0 })),
  cacheSieve: (maxBytes) => policyOf(cacheSieve({ maxBytes })),
};

async function policyOf(plugin: Plugin): Promise<CachePolicy> {
  const { cachePolicy, close } = await setUpPlugin(plugin);
  const policy = await cachePolicy();
  await close();
  return policy;
}

function formatHits({ all, afterScan }: CacheHits): string {
  const percent = (part: number): string => (100 * part).toFixed(1);
  return Number.isNaN(afterScan) ? percent(all) : `${percent(all)} (${percent(afterScan)})`;
}

console.log(`| cache | | ${Object.keys(POLICIES).join(" | ")} |`);
console.log(`| --- | --- |${" --- |".repeat(Object.keys(POLICIES).length)}`);
for (const share of CACHE_SHARES) {
  for (const { name, ...listening } of SCENARIOS) {
    const maxBytes = Math.round(share * trackSizes(listening).reduce((sum, bytes) => sum + bytes, 0));
    const cells: string[] = [];
    for (const make of Object.values(POLICIES)) {
      cells.push(formatHits(simulateCache(await make(maxBytes), listening)));
    }
    console.log(`| ${100 * share} % | ${name} | ${cells.join(" | ")} |`);
  }
}
