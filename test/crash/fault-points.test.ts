/**
 * D1 D2 D3, in SQLite's manner: a whole line is failed at the nth named point of its writes, gone on with, and compared with an undisturbed
 * one; n rises until a line completes without reaching it. Once failing there once, and once failing from there on until the run gave up
 * twice, as a full disk would. Which lines: `test/fixtures/fault-scenarios.ts`.
 *
 * `npm test` fails every named point, and every thirtieth of a line; `CADRE_CRASH=large|full` every single one of every line, in both ways.
 */
import { afterAll, expect, test } from "vitest";
import { hashOf } from "../../src/canonical.ts";
import type { Event } from "../../src/events/event.ts";
import { tell, type Fail, type Scenario, type Told } from "../fixtures/fault-line.ts";
import { scenarios } from "../fixtures/fault-scenarios.ts";
import { scale } from "./scale.ts";

const seen = new Set<string>();
let failures = 0;
let doubts = 0;

/** Without times, durations, prompts (they name keys) and what a call cost (one that is made again costs twice), and without the word for how an outcome was come by: that one may differ, and says so. */
function plain(events: readonly Event[]): unknown[] {
  const left = events.filter((event) => !isDoubt(event, events));
  const text = JSON.stringify(left, (key, value: unknown) =>
    ["at", "deadline", "ms", "serverMs", "prompt", "charged"].includes(key) ||
    (key === "outcome" && typeof value === "string")
      ? undefined
      : value,
  );
  // Asks about doubts move what follows them: ids count what is left.
  const ids = new Map<string, string>();
  const counted = text.replaceAll(/"(f\d+|a-000001-1-\d+|r-000001\.1\/[et]\d+)"/g, (_all, id: string) => {
    const known = ids.get(id) ?? `${id[0]}#${ids.size}`;
    ids.set(id, known);
    return JSON.stringify(known);
  });
  return (JSON.parse(counted) as Record<string, unknown>[]).map((event) =>
    event["type"] === "ask_raised" && event["action"] === null ? { ...event, hash: "of the ask" } : event,
  );
}

function isDoubt(event: Event, events: readonly Event[]): boolean {
  const ask = event.type === "ask_raised" || event.type === "ask_decided" ? event.ask : null;
  return ask !== null && events.some((each) => each.type === "ask_raised" && each.ask === ask && each.kind === "doubt");
}

const doubtsOf = (told: Told): number =>
  told.events.filter((event) => event.type === "ask_raised" && event.kind === "doubt").length;

/** What holds of every line, whatever befell it. */
function checkTold(told: Told, scenario: Scenario): void {
  expect(told.run.status).toBe(scenario.ends);
  expect(told.problems).toEqual([]);
  // RELIABILITY 16: the table says that a run is over exactly when its log does.
  for (const { status, ended } of told.standing) expect(["finished", "stopped"].includes(status)).toBe(ended);
  // D3, R4: as many attempts as were authorised: the first, one for each time a probe saw that nothing had happened, one for each `again`.
  const proposals = told.events.filter((event) => event.type === "action_proposed").length;
  const again = told.events.filter((event) => event.type === "ask_decided" && event.decision.text === "again").length;
  expect(told.ran.length).toBeLessThanOrEqual(proposals + again);
  // A call that was made twice is shown as that, and stays charged.
  const turns = told.events.filter((event) => event.type === "turn_taken");
  for (const prompt of new Set(told.prompts)) {
    const times = told.prompts.filter((each) => each === prompt).length;
    const turn = turns.find((each) => each.prompt === prompt);
    if (times > 1) expect(turn?.outcome).toBe("repeated");
  }
  expect(told.run.counters.modelCalls).toBeGreaterThanOrEqual(told.prompts.length);
}

/** The same end; where the line was stopped while an effect was under way, the end says that nobody knows about it. */
function checkSame(told: Told, reference: Told, where: unknown): void {
  const reason = told.run.reason ?? "";
  if (reason.includes("is not known") && !(reference.run.reason ?? "").includes("is not known")) {
    doubts += 1;
    const done = (events: readonly Event[]) =>
      plain(events.filter((event) => event.type !== "action_done" && event.type !== "run_ended"));
    expect({ where, events: done(told.events) }).toEqual({ where, events: done(reference.events) });
    return;
  }
  doubts += doubtsOf(told) - doubtsOf(reference);
  expect({ where, events: plain(told.events) }).toEqual({ where, events: plain(reference.events) });
}

/** Which of the points to fail at: all, or some and every name that no other line has reached. */
function chosen(reached: readonly string[]): number[] {
  const all = reached.map((_, index) => index + 1);
  if (scale !== "quick") return all;
  return all.filter((nth) => {
    const name = reached[nth - 1]!;
    return nth % 30 === reached.length % 30 || (!seen.has(name) && reached.indexOf(name) === nth - 1);
  });
}

test.each(Object.entries(scenarios))(
  "D1 D2 D3 a line that %s ends as an undisturbed one, at whatever point it fails",
  { timeout: 1_800_000 },
  async (_name, scenario) => {
    const reference = await tell(scenario, null);
    checkTold(reference, scenario);
    for (const kind of scale === "quick" ? (["once"] as const) : (["once", "for good"] as const)) {
      for (const nth of chosen(reference.reached)) {
        const fail: Fail = { nth, kind };
        const told = await tell(scenario, fail);
        seen.add(told.reached[nth - 1]!);
        failures += 1;
        checkTold(told, scenario);
        checkSame(told, reference, { ...fail, point: told.reached[nth - 1] });
      }
    }
    // A point beyond the last is never reached: the sweep is complete.
    const beyond = await tell(scenario, { nth: reference.reached.length + 1, kind: "once" });
    expect(beyond.reached).toHaveLength(reference.reached.length);
    expect(hashOf(plain(beyond.events))).toBe(hashOf(plain(reference.events)));
  },
);

afterAll(() => {
  console.info(
    `${failures} failures at ${seen.size} named points; ${doubts} left an effect in doubt, and each said so`,
  );
  // Every point there is was failed at, or the tests say less than they seem to.
  expect([...seen].toSorted()).toEqual([
    "acquire:after",
    "acquire:before",
    "commit:checkpoint",
    "commit:done",
    "commit:event",
    "commit:fenced",
    "commit:head",
    "commit:projected",
    "decide:after",
    "decide:before",
    "effect:begin-done",
    "effect:begun",
    "effect:finish-done",
    "effect:finished",
    "putChart:after",
    "putChart:before",
    "putWrites:after",
    "putWrites:before",
    "release:after",
    "release:before",
    "retry:after",
    "retry:before",
    "setSignal:after",
    "setSignal:before",
  ]);
});
