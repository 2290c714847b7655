/**
 * Turns a call that tells how far it is into a stream of that, and then of what it came to. Who reads slowly
 * gets fewer messages, each of them the newest; who stops reading aborts the call.
 *
 * @throws what the call throws.
 */
export async function* progressStream<Progress, Result>(
  run: (onProgress: (progress: Progress) => void, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): AsyncGenerator<{ readonly progress: Progress } | { readonly result: Result }> {
  const stopped = new AbortController();
  let newest: Progress | undefined;
  let wake: () => void = () => undefined;
  const call = run(
    (progress) => {
      newest = progress;
      wake();
    },
    AbortSignal.any([signal, stopped.signal]),
  );
  let isOver = false;
  const over = call.then(
    () => undefined,
    () => undefined,
  );
  void over.then(() => {
    isOver = true;
    wake();
  });
  try {
    while (!isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (newest !== undefined || isOver) resolve();
      });
      if (newest === undefined) continue;
      const progress = newest;
      newest = undefined;
      yield { progress };
    }
    yield { result: await call };
  } finally {
    stopped.abort(new Error("nobody waits for it any more"));
    await over;
  }
}
