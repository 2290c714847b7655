/** A process that opens a search index, says so, and goes on until it is killed. */
import { searchTantivy } from "musicfs/plugins";
import { SearchLibrary, setUpPlugin } from "musicfs/testing";
import { childrenWith, numberedTracks } from "../../support/search-faults.js";

const { searchEngine } = await setUpPlugin(searchTantivy());
const library = new SearchLibrary(await searchEngine());
library.add(numberedTracks(100));
await library.open();
await library.counts(100);
console.log(childrenWith("musicfs search").join(" "));
setInterval(() => library.add(numberedTracks(1, Math.round(performance.now()))), 20);
