import { describe, expect, test } from "vitest";
import { escalationThreads, renderEscalations } from "../../src/views/escalations.ts";
import { plain, EventList } from "../fixtures/events.ts";
import { reviewsRun, rules } from "../fixtures/reviews-run.ts";

const text = { colour: false, width: null, verbose: false };

describe("escalations", () => {
  test("a role answers: raise, decision, what followed", () => {
    const [thread] = escalationThreads(reviewsRun());
    expect(thread).toMatchObject({
      kind: "escalation",
      raisedBy: "huggingface-specialist",
      state: "decided",
      question: { topic: "fine-tuning strategy" },
      decision: {
        by: "technical-architect",
        how: "role",
        face: null,
        text: "Use a published encoder as it is.",
        reason: "84 reviews are too few to fine-tune on.",
      },
      passedBack: [],
    });
    expect(thread?.followed.map((step) => step.kind)).toEqual(["escalation", "tool"]);
  });

  test("N1 N2 handed up to a person: one thread, the person's decision, and what came back of it", () => {
    const thread = escalationThreads(reviewsRun())[1];
    expect(thread?.hops.map((step) => `${step.from} → ${step.to}`)).toEqual([
      "huggingface-specialist → project-manager",
      "project-manager → user",
    ]);
    expect(thread?.decision).toMatchObject({
      by: "mai",
      how: "person",
      face: "cli",
      text: "Only licences that allow commercial use",
    });
    expect(thread?.decision?.step.rule).toEqual(rules.toUser);
    expect(thread?.passedBack.map((step) => step.text)).toEqual([
      "Recommend only models whose licence allows commercial use.",
    ]);
  });

  test("a follow-up question is a thread of its own kind", () => {
    expect(escalationThreads(reviewsRun())[2]).toMatchObject({
      kind: "question",
      decision: { by: "mai", text: "The weekly feedback dashboard." },
    });
  });

  test("an escalation that nobody has decided is open, and says for whom it waits", () => {
    const events = reviewsRun();
    const upTo = events.findIndex(({ event }) => event.type === "ask_decided");
    const threads = escalationThreads(events.slice(0, upTo));
    expect(threads[1]).toMatchObject({ state: "open", decision: null });
    expect(renderEscalations(threads, text)).toContain("waits for user: a-7f3a9c-1-");
  });

  test("what was given on instead of decided waits for nobody any more", () => {
    const log = new EventList();
    const lead = log.start("ai-ml-lead", { title: "x", rule: rules.entry });
    const question = { question: "q", topic: "t", severity: "low" as const, tried: "", options: [] };
    const asked = log.open("escalation", "ai-ml-lead", "project-manager", lead, rules.toUser, { question });
    const ask = log.ask({
      kind: "escalation",
      frame: asked,
      role: "project-manager",
      question: "q",
      rule: rules.toUser,
    });
    expect(renderEscalations(escalationThreads(log.events), text)).toContain("waits for");
    log.decide(ask, "delegate", "look into it");
    const threads = escalationThreads(log.events);
    expect(threads).toMatchObject([{ state: "open", decision: null }]);
    const shown = renderEscalations(threads, text);
    expect(shown).toContain("moved on");
    expect(shown).not.toContain("waits for");
  });

  test("a withdrawn one says so", () => {
    const log = new EventList();
    const lead = log.start("ai-ml-lead", { title: "x", rule: rules.entry });
    const question = { question: "q", topic: "t", severity: "low" as const, tried: "", options: [] };
    const asked = log.open("escalation", "ai-ml-lead", "user", lead, rules.toUser, { question });
    const ask = log.ask({ kind: "escalation", frame: asked, role: "ai-ml-lead", question: "q", rule: rules.toUser });
    log.add({ type: "ask_withdrawn", ask, reason: "stopped by mai" });
    log.add({ type: "run_ended", status: "stopped", reason: "stopped by mai", report: null, changes: null, by: "mai" });
    expect(plain(log.events)).toHaveLength(6);
    const threads = escalationThreads(log.events);
    expect(threads).toMatchObject([{ state: "withdrawn", decision: null }]);
    expect(renderEscalations(threads, text)).not.toContain("waits for");
  });

  test("as text: raise → handed on → decided → came back → followed, each with its rule", () => {
    const shown = renderEscalations(escalationThreads(reviewsRun()), text);
    const second = shown.split("\n\n")[1] ?? "";
    expect(second.split("\n")[0]).toBe("2  model licence  (high)  decided by mai (cli), 2026-11-22 08:09 UTC");
    const labels = [...second.matchAll(/^ {3}(raised|handed on|decided|came back|followed)/gm)].map(
      (match) => match[1],
    );
    expect(labels).toEqual(["raised", "handed on", "decided", "came back", "followed", "followed"]);
    expect(second).toContain("modes/project-manager.md:1");
    expect(renderEscalations([], text)).toBe("No escalations and no questions.");
  });
});
