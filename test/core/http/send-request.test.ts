import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRetryAfter } from "../../../core/http/retry-after.js";
import { sendRequest, sendSuccessfully } from "../../../core/http/send-request.js";
import { openHttpServer } from "../../support/http-server.js";

const signal = new AbortController().signal;

test("an answer is given whatever its status, and a redirection is not followed", async (t) => {
  const server = await openHttpServer(t, (_, response) => {
    response.writeHead(307, { location: "/elsewhere", "retry-after": "2" }).end("moved");
  });
  const answer = await sendRequest({ url: server.url, method: "POST", body: "é" }, signal);
  assert.deepEqual([answer.status, answer.text, answer.retryAfterMs], [307, "moved", 2000]);
  assert.deepEqual(
    server.requests.map(({ method, body, headers }) => [method, body, headers["content-length"]]),
    [["POST", "é", "2"]],
  );
  await assert.rejects(sendSuccessfully({ url: server.url }, signal), {
    code: "MFS_REQUEST_FAILED",
    retryable: true,
    message: `GET ${server.url}: HTTP status 307`,
  });
});

test("a server that hangs, drips, floods or hangs up is an error that shows no path", async (t) => {
  const server = await openHttpServer(t);
  const url = `${server.url}/secret-path?key=1`;
  const failure = (more: object) => sendRequest({ url, timeoutMs: 300, ...more }, signal);
  server.answer = () => undefined;
  await assert.rejects(failure({}), { message: `GET ${server.url}: no answer within 300 ms` });
  server.answer = (_, response) => void setInterval(() => response.write("x"), 20).unref();
  await assert.rejects(failure({}), /no answer within 300 ms/);
  server.answer = (_, response) => void response.end("x".repeat(100_000));
  await assert.rejects(failure({ maxBytes: 1000 }), /longer than 1000 bytes/);
  server.answer = (_, response) => void response.socket?.destroy();
  await assert.rejects(failure({}), { message: `GET ${server.url}: socket hang up` });
  await assert.rejects(
    failure({ url: "http://127.0.0.1:1/secret-path" }),
    /^MusicfsError: GET http:\/\/127\.0\.0\.1:1: connect/,
  );
});

test("whoever aborts gets the own reason", async (t) => {
  const server = await openHttpServer(t, () => undefined);
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const sent = sendRequest({ url: server.url }, controller.signal);
  controller.abort(reason);
  await assert.rejects(sent, reason);
  await assert.rejects(sendRequest({ url: server.url }, controller.signal), reason);
});

test("Retry-After is understood in seconds and as a date", () => {
  const now = Date.parse("2026-01-31T12:00:00Z");
  const cases: readonly [string | undefined, number | undefined][] = [
    ["120", 120_000],
    [" 0 ", 0],
    ["Sat, 31 Jan 2026 12:00:30 GMT", 30_000],
    ["Sat, 31 Jan 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [header, expected] of cases) assert.equal(parseRetryAfter(header, now), expected, header);
});
