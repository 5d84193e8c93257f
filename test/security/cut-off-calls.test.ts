/**
 * RELIABILITY 8: a call that was cut off is never run. Fifty calls, each cut at every place, under every way in which a reply can end;
 * `CADRE_CRASH=large|full` also plays every one of those prefixes in a run, otherwise some of each.
 */
import { expect, test } from "vitest";
import { z } from "zod";
import { checkCalls } from "../../src/models/strict-calls.ts";
import type { ModelReply } from "../../src/models/model.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";
import { atScale, spread } from "../crash/scale.ts";

const task = { task: "for hand matters", acceptance_criteria: ["it is done"] };
const question = { question: "may I?", topic: "leave", severity: "low", tried: "", options: ["yes", "no"] };
const base: readonly (readonly [string, Record<string, unknown>])[] = [
  ["execute_command", { command: ["rm", "-rf", "/"] }],
  ["execute_command", { command: ["git", "push", "--force"], network: true, timeout_seconds: 5 }],
  ["write_to_file", { path: "a", content: "" }],
  ["write_to_file", { path: "deep/er/file.md", content: 'quotes " and \\ and \n lines {"a": [1, 2]}' }],
  ["write_to_file", { path: "b", content: "đánh giá 👩‍💻 }]}" }],
  ["apply_diff", { path: "a", blocks: [{ search: "{", replace: "}" }] }],
  [
    "apply_diff",
    {
      path: "a",
      base: "0".repeat(64),
      blocks: [
        { search: "a", replace: "" },
        { search: "b", replace: "c" },
      ],
    },
  ],
  ["new_task", { mode: "hand", ...task }],
  [
    "new_tasks",
    {
      tasks: [
        { mode: "hand", ...task },
        { mode: "hand", ...task, writes: ["x"] },
      ],
      wait: "any",
    },
  ],
  ["escalate", { to: "user", ...question }],
  ["ask_followup_question", { question: "which?", options: [] }],
  ["attempt_completion", fullReport()],
  ["attempt_completion", { decision: "yes", reason: "because" }],
  ["tickets__close", { id: 7, force: true, note: null }],
  ["read_file", { path: "a", start_line: 1, end_line: 2 }],
  ["search_files", { regex: "[{}]+\\\\" }],
  ["evaluate_models", { data: "x.csv", seed: 1e3, share: 0.25 }],
];
/** As they are, as a pretty printer writes them, and within an array of one more member. */
const calls = base
  .flatMap(([name, args]) =>
    [JSON.stringify(args), JSON.stringify(args, null, 2), `  ${JSON.stringify(args)}`].map((raw) => ({ name, raw })),
  )
  .slice(0, 50);
const offered = [...new Set(base.map(([name]) => name))];
const endings = ["tool_calls", "stop", "length", "content_filter", null];

/** Trailing white space is no part of a call: cut there it is whole. */
const wholeAt = (raw: string): number => raw.trimEnd().length;

test("row 8 no prefix of fifty calls counts, however the reply ended", () => {
  expect(calls).toHaveLength(50);
  let prefixes = 0;
  for (const { name, raw } of calls) {
    for (const finish of ["tool_calls", "stop"])
      expect(checkCalls([{ id: "c", name, raw }], { offered, finish }).calls, raw).toHaveLength(1);
    for (let length = 0; length < wholeAt(raw); length += 1) {
      for (const finish of endings) {
        const { calls: taken, malformed } = checkCalls([{ id: "c", name, raw: raw.slice(0, length) }], {
          offered,
          finish,
        });
        expect(taken, raw.slice(0, length)).toEqual([]);
        expect(malformed[0]?.raw).toBe(raw.slice(0, length)); // S2: nothing is repaired
        prefixes += 1;
      }
    }
    for (const finish of ["length", "content_filter", null])
      expect(checkCalls([{ id: "c", name, raw }], { offered, finish }).calls, raw).toEqual([]);
  }
  expect(prefixes).toBeGreaterThan(20_000);
});

test(
  "row 8 in a run: a reply that holds a cut call moves nothing and runs nothing, and the model is told",
  { timeout: 300_000 },
  async () => {
    const ran: string[] = [];
    const tools = offered.map((name): Tool => ({
      name,
      description: name,
      schema: z.looseObject({}),
      access: "effect",
      run: async () => {
        ran.push(name);
        return { ok: true, text: "", receipt: null };
      },
    }));
    const cuts = calls.flatMap(({ name, raw }) =>
      spread(0, wholeAt(raw) - 1, atScale({ quick: 6, large: 1000, full: 1000 })).map((length) => ({
        name,
        raw: raw.slice(0, length),
      })),
    );
    let at = 0;
    const groups = ["read", "edit", "command", "inference", "mcp", "communication", "completion"];
    const line = new LineHarness({
      modes: [
        modeText("lead", "020-lead", { delegates: ["hand"], escalates: ["user"], groups }),
        modeText("hand", "030-worker", { escalates: ["lead"] }),
      ],
      workflow: {
        entry: "lead",
        signOff: false,
        limits: { refusals: 1e6, modelCalls: 1e6, steps: 1e6, repeats: 1e6, tokens: 1e12 },
      },
      tools,
      say: (): readonly ReturnType<typeof call>[] | ModelReply => {
        const cut = cuts[at];
        at += 1;
        if (!cut) return [call("attempt_completion", fullReport())];
        // A whole call beside the cut one: half a reply is no decision either (I2).
        const raws = [
          { id: "whole", name: "execute_command", raw: '{"command":["true"]}' },
          { id: "cut", ...cut },
        ];
        const usage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false };
        return { text: "", ...checkCalls(raws, { offered, finish: "tool_calls" }), finish: "tool_calls", usage };
      },
    });
    await line.create();
    expect((await line.move()).status).toBe("finished");
    expect(ran).toEqual([]);
    expect(await line.ofType("action_proposed")).toEqual([]);
    expect((await line.ofType("frame_opened")).map(({ to }) => to)).toEqual(["lead"]);
    expect((await line.ofType("refused")).filter(({ code }) => code === "call-malformed")).toHaveLength(cuts.length);
  },
);
