import { test } from "node:test";
import { checkLayout, LAYOUTS } from "../../support/layout-properties.js";

/** Tag sets for each layout; `npm run soak -- layouts` takes 100,000. */
const TAG_SETS = 1_000;

for (const name of Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[]) {
  test(`${name}: ${TAG_SETS} hostile tag sets make safe names, lose no track, and the same tree in any order`, () =>
    checkLayout(name, TAG_SETS));
}
