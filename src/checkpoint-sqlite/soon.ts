/**
 * What is there, or will be. Most values can be read at once; only an instance of a class waits for its module. A history of a thousand
 * states is not to wait for each of its parts.
 */
export type Soon<Value> = Value | Promise<Value>;

/** Decoded values are data or instances of known classes, never a promise of their own. */
export function isLater<Value>(value: Soon<Value>): value is Promise<Value> {
  return value instanceof Promise;
}

export function after<Value, Next>(value: Soon<Value>, next: (value: Value) => Next): Soon<Next> {
  return isLater(value) ? value.then(next) : next(value);
}

/** In order. */
export function together<Value>(values: readonly Soon<Value>[]): Soon<Value[]> {
  return values.some(isLater) ? Promise.all(values) : (values as Value[]);
}
