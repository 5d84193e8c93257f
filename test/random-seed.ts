/**
 * Which inputs the property tests take: the same ones each time (seed 1), so that a change is guarded by what it changes and not by luck.
 * `CADRE_SEED=<number>` takes others, `CADRE_SEED=random` different ones each time; a failure names its seed.
 */
import fc from "fast-check";

const asked = process.env["CADRE_SEED"] ?? "1";
if (asked !== "random") {
  const seed = Number(asked);
  if (!Number.isSafeInteger(seed)) throw new Error(`CADRE_SEED is a whole number or \`random\`, not ${asked}`);
  fc.configureGlobal({ seed });
}
