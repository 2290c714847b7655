/** A message of the protos as data of its own: for `--json`, tests and logs. */
export type Plain<T> = T extends bigint
  ? number
  : T extends Uint8Array
    ? string
    : T extends readonly (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { [Key in Exclude<keyof T, "$typeName" | "$unknown">]: Plain<T[Key]> }
        : T;

/** Takes a message without what the protobuf library adds; 64-bit numbers become numbers, bytes base64. */
export function plainOf<T>(value: T): Plain<T> {
  return plain(value) as Plain<T>;
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([key, field]) => !key.startsWith("$") && field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, plain(field)]));
}
