/** How much the crash tests do: `CADRE_CRASH` is `quick` (the default, for `npm test`), `large` (`.ci/run`) or `full` (`npm run test:crash`). */
const scales = ["quick", "large", "full"] as const;
type Scale = (typeof scales)[number];

function chosen(): Scale {
  const said = process.env["CADRE_CRASH"] ?? "quick";
  const scale = scales.find((each) => each === said);
  if (scale === undefined) throw new Error(`CADRE_CRASH is ${scales.join(", ")}, not "${said}"`);
  return scale;
}

export const scale: Scale = chosen();

/** The value for the chosen scale. */
export function atScale<Value>(values: Readonly<Record<Scale, Value>>): Value {
  return values[scale];
}

/** `count` whole numbers from `from` to `to`, evenly spread, both ends among them; all of them where there are no more. */
export function spread(from: number, to: number, count: number): number[] {
  if (to - from + 1 <= count) return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  if (count === 1) return [Math.floor((from + to) / 2)];
  return Array.from({ length: count }, (_, index) => from + Math.round((index * (to - from)) / (count - 1)));
}
