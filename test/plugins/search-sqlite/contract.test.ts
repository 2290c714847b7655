import { describe, test } from "node:test";
import { searchSqlite } from "musicfs/plugins";
import { runContract, searchContract, setUpPlugin } from "musicfs/testing";

describe("search-sqlite keeps the contract of a search engine", () => {
  const makeSubject = async () => {
    const plugin = await setUpPlugin(searchSqlite());
    return { engine: await plugin.searchEngine(), close: plugin.close };
  };
  runContract(searchContract, makeSubject, { test });
});
