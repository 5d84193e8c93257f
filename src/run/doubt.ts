/** The four ways out of an effect in doubt. */
import { z } from "zod";
import { once } from "../events/once.ts";

/** What comes with `result`: what the effect gave, as the role will read it. */
export const resultArgs = once(() =>
  z.strictObject({
    result: z
      .string()
      .trim()
      .min(1)
      .max(64 * 1024),
  }),
);

export const doubtOptions: readonly { readonly id: "ran" | "again" | "result" | "stop"; readonly text: string }[] = [
  { id: "ran", text: "it ran; go on without its result" },
  { id: "again", text: "run it again, once" },
  { id: "result", text: "it ran, and this is what came of it: give the result in your words" },
  { id: "stop", text: "stop the run" },
];
