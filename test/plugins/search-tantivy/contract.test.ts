import { describe, test } from "node:test";
import { searchTantivy } from "musicfs/plugins";
import { runContract, searchContract, setUpPlugin } from "musicfs/testing";

describe("search-tantivy keeps the contract of a search engine", () => {
  const makeSubject = async () => {
    const plugin = await setUpPlugin(searchTantivy());
    return { engine: await plugin.searchEngine(), close: plugin.close };
  };
  runContract(searchContract, makeSubject, { test });
});
