/** What `import … from "musicfs/http"` gives: everything an origin on a web server needs beside `musicfs`. */
export { type CrawlOptions, crawl, type FolderContent, inBatches, rootMissing } from "./crawl.js";
export { kindOfStatus, statusError } from "./failures.js";
export { FileReader, type FileReaderOptions } from "./file-reader.js";
export { loadCertificates, openWebClient, type WebOrigin } from "./open-web-client.js";
export { readText } from "./read-text.js";
export { decodePath, encodePath, isOriginPath } from "./url-path.js";
export { plainETag, sameETag } from "./validators.js";
export { type WebAnswer, WebClient, type WebClientOptions, type WebRequest } from "./web-client.js";
