/** The main job at the command line: a brief, its asks, their decisions, the end, and everything that can be read of it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  begun,
  brief,
  cadre,
  decideAll,
  document,
  inbox,
  openAsks,
  project,
  records,
  startCadre,
} from "./cli-process.ts";

type Step = {
  readonly kind: string;
  readonly from: string;
  readonly to: string | null;
  readonly rule: unknown;
  readonly seq: number;
};
type Next = { readonly command: string };

/** The command sends itself a signal when it says a word: from another process that may come when the run waits already. */
function signalledAt(word: string, signal: NodeJS.Signals): Record<string, string> {
  const code = `const { stdout } = process;
    const { write } = stdout;
    stdout.write = (text, ...rest) => {
      const written = write.call(stdout, text, ...rest);
      if (String(text).includes("${word}")) {
        stdout.write = write;
        process.kill(process.pid, "${signal}");
      }
      return written;
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

const moving = new Set(["start", "delegation", "escalation", "question", "answer", "report", "copy"]);

describe("cadre run", () => {
  test("the command for a real model that it names keeps to whom the brief went, and under which workflow", () => {
    const said = ["run", brief, "--to", "ai-ml-lead", "--workflow", "feature-workflow", "--include-dirty"];
    expect(cadre(project(), said).out).toContain(`npx cadre ${said.join(" ")} --model hf:<model>`);
  });

  test("a brief goes to an ask (exit 8) and, decided by the very commands that it prints, to a finished run (exit 0)", () => {
    const dir = project();
    const begun = cadre(dir, ["run", brief]);
    expect({ code: begun.code, err: begun.err }).toEqual({ code: 8, err: "" });
    const [head = "", entry = "", rehearsal = "", next] = begun.out.split("\n");
    expect(next).toBe(""); // its criteria are there
    expect(head).toMatch(/^r-[0-9a-f]{6} {2}Sentiment of Vietnamese customer reviews$/);
    expect(entry).toMatch(/^entry +backend-lead/);
    expect(rehearsal).toMatch(/^rehearsal +no model is called; to use a real one: npx cadre run .* --model hf:/);
    expect(begun.out).toMatch(/delegation {2}backend-lead → huggingface-specialist/);
    expect(begun.out).toMatch(/“[^”]+” {2}modes\/[\w-]+\.md:\d+/);
    const [ask] = inbox(dir);
    expect(begun.out).toContain(`npx cadre ${ask?.kind === "sign_off" ? "approve" : "answer"} ${ask?.id ?? ""}`);
    expect(begun.out).toMatch(/journal\/r-[0-9a-f]{6}\/README\.md/);

    const ended = decideAll(dir);
    expect({ code: ended.code, err: ended.err }).toEqual({ code: 0, err: "" });
    expect(ended.out).toMatch(/^finished r-[0-9a-f]{6} \(rehearsal: no model was called\)/m);
    expect(ended.out).toMatch(/macro-F1/);
    const run = head.slice(0, 8);
    expect(existsSync(join(dir, "journal", run, "README.md"))).toBe(true);

    const shown = document(cadre(dir, ["show", run, "--json"]));
    expect(shown).toMatchObject({ schema: "cadre.show/1", run: { id: run, status: "finished", rehearsal: true } });
    const traced = document(cadre(dir, ["trace", run, "--json"]));
    const steps = traced["steps"] as Step[];
    expect(traced["schema"]).toBe("cadre.trace/1");
    expect(new Set(steps.map((step) => step.kind))).toEqual(
      new Set([
        ...new Set(steps.map((step) => step.kind)),
        "start",
        "delegation",
        "escalation",
        "answer",
        "report",
        "copy",
        "end",
      ]),
    );
    for (const step of steps.filter((each) => moving.has(each.kind)))
      expect(step.rule, JSON.stringify(step)).toMatchObject({
        purpose: expect.any(String) as string,
        file: expect.any(String) as string,
        line: expect.any(Number) as number,
      });

    expect(document(cadre(dir, ["verify", "--json"]))).toMatchObject({ schema: "cadre.verify/1", ok: true });
    const diff = cadre(dir, ["changes", run]).out;
    expect(diff).toMatch(/^--- \/dev\/null\n\+\+\+ b\/deliverables\//m);
    const changed = document(cadre(dir, ["changes", run, "--json"]))["files"] as { path: string; after: string }[];
    const applied = cadre(dir, ["apply", run]);
    expect(applied.code).toBe(0);
    for (const file of changed) expect(readFileSync(join(dir, file.path), "utf8")).toBe(file.after);
    const late = cadre(dir, ["resume", run]);
    expect([late.code, late.out]).toEqual([0, expect.stringContaining("is finished already") as string]);
  });

  test("--json prints one object per line: first the schema, then the steps, last the outcome with what can be done next", () => {
    const dir = project();
    const ended = cadre(dir, ["run", brief, "--json"]);
    expect([ended.code, ended.err]).toEqual([8, ""]);
    const [first, ...rest] = records(ended);
    const last = rest.pop();
    expect(first).toMatchObject({ schema: "cadre.events/1", rehearsal: true, entry: "backend-lead" });
    expect(rest.every((record) => record["type"] === "step")).toBe(true);
    const order = rest.map((record) => record["seq"] as number);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(last).toMatchObject({ type: "outcome", status: "waiting", asks: [{ id: inbox(dir)[0]?.id }] });
    expect(((last ?? {})["next"] as Next[]).map((next) => next.command)).toContainEqual(
      expect.stringMatching(/^npx cadre (answer|approve) a-/),
    );

    const [ask] = openAsks(dir);
    const words = ask?.kind === "sign_off" ? ["approve", ask.id] : ["answer", ask?.id ?? "", "no GPU"];
    const [head, step] = records(cadre(dir, [...words, "--json"]));
    expect(head).toMatchObject({ schema: "cadre.events/1", run: first?.["run"], after: order.at(-1) });
    expect(step?.["seq"]).toBe((order.at(-1) ?? 0) + 1);
  });

  test("decisions written beforehand are taken by role and topic, and recorded as such", () => {
    const dir = project();
    writeFileSync(
      join(dir, "answers.yaml"),
      "- {kind: sign_off, verb: reject, text: Say how it was measured}\n- {kind: sign_off, verb: approve}\n- {verb: answer, text: Stay within what is allowed}\n- {verb: answer, text: Stay within what is allowed}\n- {verb: answer, text: Stay within what is allowed}\n",
    );
    const ended = cadre(dir, ["run", brief, "--answers", "answers.yaml", "--as", "linh"]);
    expect({ code: ended.code, err: ended.err }).toEqual({ code: 0, err: "" });
    const asks = document(cadre(dir, ["show", "--json"]))["asks"] as {
      kind: string;
      decision: { verb: string; by: string; face: string };
    }[];
    const signOffs = asks.filter((ask) => ask.kind === "sign_off").map((ask) => ask.decision);
    expect(signOffs.map((decision) => decision.verb)).toEqual(["reject", "approve"]);
    expect(new Set(signOffs.map((decision) => `${decision.by} ${decision.face}`))).toEqual(
      new Set(["linh answers-file"]),
    );
  });

  test("words and stdin are briefs too, --on-ask fail is exit 1, and a dry run leaves nothing behind", () => {
    const dir = project();
    const dry = cadre(dir, ["run", brief, "--dry-run"]);
    expect([dry.code, dry.out.includes("delegation")]).toEqual([0, true]);
    expect([existsSync(join(dir, ".cadre")), existsSync(join(dir, "journal"))]).toEqual([false, false]);
    const words = cadre(dir, [
      "run",
      "Document how our review API is used",
      "--to",
      "technical-writer",
      "--on-ask",
      "fail",
    ]);
    expect([words.code, words.out]).toEqual([1, expect.stringMatching(/entry +technical-writer/) as string]);
    const piped = cadre(dir, ["run", "-"], {
      input: "Task: Document how our review API is used\nWhy it matters: nobody knows\n",
    });
    expect([piped.code, piped.err]).toEqual([8, ""]);
    const runs = document(cadre(dir, ["runs", "--json"]))["runs"] as { brief: string; status: string }[];
    expect(runs.map((run) => run.status)).toEqual(["waiting", "waiting"]);
  });

  test("stop ends a waiting run, in its journal too, and empties the inbox; what comes after is told so", () => {
    const dir = project();
    expect(begun(dir).code).toBe(8);
    const [ask] = openAsks(dir);
    expect(cadre(dir, ["stop", "@waiting", "--as", "linh"]).out).toMatch(/^stopped r-/);
    expect(readFileSync(join(dir, "journal", ask?.run ?? "", "README.md"), "utf8")).toContain("**Stopped**");
    expect(inbox(dir)).toEqual([]);
    const late = cadre(dir, [
      ask?.kind === "sign_off" ? "approve" : "answer",
      ask?.id ?? "",
      ...(ask?.kind === "sign_off" ? [] : ["yes"]),
    ]);
    expect([late.code, late.err]).toEqual([5, expect.stringContaining("withdrawn") as string]);
    expect(document(cadre(dir, ["show", "--json"]))).toMatchObject({ run: { status: "stopped" } });
  });
});

describe("several processes", () => {
  test("R4 of two processes that decide one ask, one wins and goes on; the other is exit 5 and is told who, where and when", async () => {
    const dir = project();
    expect(begun(dir).code).toBe(8);
    const [ask] = openAsks(dir);
    if (!ask) throw new Error("nothing waits");
    const words = (by: string): string[] =>
      ask.kind === "sign_off" ? ["approve", ask.id, "--as", by] : ["answer", ask.id, "yes", "--as", by];
    const ended = await Promise.all(["ana", "ben"].map((by) => startCadre(dir, words(by)).ended));
    const codes = ended.map((each) => each.code);
    expect(codes.filter((code) => code === 5)).toHaveLength(1);
    const loser = codes.indexOf(5);
    const winner = ["ana", "ben"][1 - loser] ?? "";
    expect(ended[loser]?.err).toMatch(
      new RegExp(`already (approved|answered) by ${winner} .*cli.*\\d{4}-\\d{2}-\\d{2}T`),
    );
    expect([0, 8]).toContain(codes[1 - loser]);
  });

  test("D4 a run that another process moves is followed to its end, not moved twice", async () => {
    const dir = project();
    let second: ReturnType<typeof startCadre> | undefined;
    const first = startCadre(dir, ["run", brief], (out) => {
      const run = /^(r-[0-9a-f]{6})/.exec(out)?.[1];
      if (run !== undefined && out.includes("delegation")) second ??= startCadre(dir, ["resume", run]);
    });
    const [one, two] = [await first.ended, await second?.ended];
    expect([one.code, two?.code, one.err]).toEqual([8, 8, ""]);
    expect(two?.out).toContain(openAsks(dir)[0]?.id);
    expect(document(cadre(dir, ["verify", "--json"]))["ok"]).toBe(true);
  });

  test("watch follows from the store what another process does, and ends where it ends", async () => {
    const dir = project();
    let watching: ReturnType<typeof startCadre> | undefined;
    const first = startCadre(dir, ["run", brief], (out) => {
      if (out.includes("start ")) watching ??= startCadre(dir, ["watch", "@latest", "--json"]);
    });
    const moved = await first.ended;
    const watched = await watching?.ended;
    if (!watched) throw new Error("nothing was watched");
    expect([moved.code, watched.code]).toEqual([8, 8]);
    const seen = records(watched).filter((record) => record["type"] === "step");
    expect(seen.map((record) => record["seq"])).toEqual(
      (document(cadre(dir, ["trace", "--json"]))["steps"] as Step[]).map((step) => step.seq),
    );
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s drains: exit 130, the run says how to resume, and resuming it ends as if nothing had happened",
    async (signal) => {
      const dir = project();
      const ended = await startCadre(dir, ["run", brief], undefined, signalledAt("delegation", signal)).ended;
      expect([ended.code, ended.out]).toEqual([130, expect.stringMatching(/npx cadre resume r-[0-9a-f]{6}/) as string]);
      expect(cadre(dir, ["resume"]).code).toBe(8);
      expect(decideAll(dir).code).toBe(0);
      expect(document(cadre(dir, ["verify", "--json"]))["ok"]).toBe(true);
    },
  );
});
