/** A Date whose clock is off by another amount at every look (RELIABILITY 7). Dates made from a given time are as ever. */
import type { ClockJumps } from "./child-settings.ts";
import { random } from "./random.ts";

export function jumpingDate(real: DateConstructor, { seed, by }: ClockJumps): DateConstructor {
  const next = random(seed);
  const now = (): number => real.now() + (by[Math.floor(next() * by.length)] ?? 0);
  return new Proxy(real, {
    construct: (target, args: unknown[], made) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, made) as Date,
    get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
  });
}
