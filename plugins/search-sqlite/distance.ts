/**
 * Edits (a letter more, less or another, two neighbours swapped) from one word to the other: Damerau's distance in
 * its restricted form. More than `limit` is told as `limit + 1`.
 */
export function distanceOf(from: string, to: string, limit: number): number {
  if (from === to) return 0;
  const tooFar = limit + 1;
  if (Math.abs(from.length - to.length) > limit) return tooFar;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const edits = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(beforeLast, column - 2) + 1 : tooFar,
      );
      current.push(edits);
      least = Math.min(least, edits);
    }
    if (least > limit) return tooFar;
    [beforeLast, last] = [last, current];
  }
  return Math.min(at(last, to.length), tooFar);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
