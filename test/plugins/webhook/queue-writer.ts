import { EventQueue } from "../../../plugins/webhook/queue.js";

// Pushes events until it is killed, and prints the number of each one that was pushed.
const [path = ""] = process.argv.slice(2);
const queue = await EventQueue.open(path, { maxEvents: 100_000, maxBytes: 2 ** 28 });
for (let number = 1; ; number += 1) {
  let pushed = 0;
  await queue.push((sequence) => {
    pushed = sequence;
    return JSON.stringify({ sequence, text: "x".repeat(number % 3000) });
  });
  process.stdout.write(`${pushed}\n`);
}
