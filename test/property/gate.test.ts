/** G1 to G5 under any order of calls, answers, refusals, aborts and ends. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { openGate, type Pass } from "../../src/models/gate.ts";
import { manualTiming } from "../fixtures/manual-timing.ts";

const step = fc.oneof(
  fc.record({ do: fc.constant("enter" as const), run: fc.constantFrom("a", "b", "c"), again: fc.boolean() }),
  fc.record({ do: fc.constantFrom("answered", "leave", "refused", "silent", "abort" as const), which: fc.nat(30) }),
);

test("G1 no call is lost, none is let in twice, and the place of each is given back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const gate = openGate("http://x.example", { timing: manualTiming(), maxQueued: 10 });
      const inside: Pass[] = [];
      const waiting = new Set<AbortController>();
      let entered = 0;
      let [admitted, gaveUp, refusedEntry] = [0, 0, 0];
      const pending: Promise<void>[] = [];
      for (const each of steps) {
        if (each.do === "enter") {
          entered += 1;
          const leave = new AbortController();
          waiting.add(leave);
          pending.push(
            gate.enter({ run: each.run, again: each.again, signal: leave.signal }).then(
              (pass) => {
                admitted += 1;
                waiting.delete(leave);
                inside.push(pass);
              },
              (error: unknown) => {
                waiting.delete(leave);
                if ((error as { code?: string }).code === "model-queue-full") refusedEntry += 1;
                else gaveUp += 1;
              },
            ),
          );
        } else if (each.do === "abort") [...waiting][each.which % Math.max(1, waiting.size)]?.abort(new Error("left"));
        else {
          const [pass] =
            each.do === "answered"
              ? inside.slice(each.which % Math.max(1, inside.length))
              : inside.splice(each.which % Math.max(1, inside.length), 1);
          if (each.do === "refused") pass?.refused(each.which % 2 === 0 ? null : 5);
          else pass?.[each.do]();
        }
        await Promise.resolve();
        const { limit, inFlight } = gate.state;
        expect(inFlight).toBeLessThanOrEqual(Math.floor(limit * 1.5) + 1 + inside.length);
      }
      // Everybody goes: whoever still waits is let in.
      while (admitted + gaveUp + refusedEntry < entered || inside.length > 0) {
        inside.splice(0).forEach((pass) => pass.leave());
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(pending);
      expect(gate.state).toMatchObject({ inFlight: 0, queued: 0 });
    }),
    { numRuns: 150 },
  );
});
