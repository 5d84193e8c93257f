/** What waits for a person, over HTTP. Who decides is who is signed in; what they decide on is named by its hash (R3, R4). */
import { Hono } from "hono";
import { z } from "zod";
import { clockDecides } from "../store/expiry.ts";
import type { AskRow } from "../store/rows.ts";
import { requireMay, type Vars } from "./access.ts";
import { bodyOf, countIn } from "./body.ts";
import { theAsk, type ServerDeps } from "./deps.ts";
import { askView } from "./documents.ts";

/** Where it was decided, as the trace names it. */
const face = "web";

const decisionSchema = z.strictObject({
  verb: z.enum(["approve", "reject", "answer", "delegate", "escalate"]),
  text: z.string().max(100_000).optional(),
  to: z.string().max(200).optional(),
  args: z.json().optional(),
  /** Of what the person saw: without it nothing is approved. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});

export function asksApi(deps: ServerDeps): Hono<Vars> {
  const { cadre, mover, live, clock } = deps;
  const api = new Hono<Vars>();

  const viewOf = async (ask: AskRow) =>
    askView(ask, (await cadre.store.run(ask.run)) ?? { title: "", currency: null }, clock);

  api.get("/", async (context) => {
    const run = context.req.query("run");
    const state = z.enum(["open", "decided", "withdrawn"]).safeParse(context.req.query("state")).data;
    const limit = countIn(context, "limit", 200, 1000);
    const rows = await cadre.store.asks({
      limit,
      ...(run === undefined ? {} : { run: run as AskRow["run"] }),
      ...(state === undefined ? {} : { state }),
    });
    const asks = [];
    for (const ask of rows) asks.push(await viewOf(ask));
    return context.json({ schema: "cadre.inbox/1", asks });
  });

  api.get("/:ask", async (context) => {
    const ask = await theAsk(deps, context.req.param("ask"));
    return context.json({ schema: "cadre.ask/1", ...(await viewOf(ask)) });
  });

  api.post("/:ask/decide", async (context) => {
    const user = context.get("user");
    requireMay(user, "decide");
    const { verb, text, to, args, hash } = await bodyOf(context, decisionSchema);
    const ask = await theAsk(deps, context.req.param("ask"));
    const late = ask.state === "open" && clockDecides(ask, clock.now());
    try {
      const decided = await cadre.decide(ask.id, {
        verb,
        ...(text === undefined ? {} : { text }),
        ...(to === undefined ? {} : { to }),
        ...(args === undefined ? {} : { args }),
        hash,
        by: user.name,
        face,
      });
      if (decided.state !== "open") mover.wake(ask.run);
      else live.nudge(); // a vote: the ask shows it
      return context.json({ schema: "cadre.ask/1", ...(await viewOf(decided)) });
    } finally {
      if (late) mover.wake(ask.run); // the clock has decided, and the run can go on with that
    }
  });

  api.post("/:ask/acknowledge", async (context) => {
    const user = context.get("user");
    requireMay(user, "decide");
    await bodyOf(context, z.strictObject({}));
    const ask = await theAsk(deps, context.req.param("ask"));
    const seen = await cadre.acknowledge(ask.id, { by: user.name, face });
    return context.json({ schema: "cadre.ask/1", ...(await viewOf(seen)) });
  });

  return api;
}
