/**
 * A small project in which a run does one of everything that a crash could spoil: a delegation, reads, a question to the assigner, an
 * escalation that goes up to a person, a refusal, a new file, changes that add up if they are made twice, approvals, an effect that
 * nobody can probe, and a sign-off. What a role says follows from its transcript alone, so a turn that is taken again is the same turn.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Brief } from "../../src/briefs/brief.ts";
import type { PlannedAnswer } from "../../src/cli/answers-file.ts";
import type { RunId } from "../../src/ids.ts";
import type { ModelRequest } from "../../src/models/model.ts";
import { reply, type ScriptContext, type ScriptedReply } from "../../src/testing.ts";
import { evaluateModelsTool } from "../../src/tools/evaluate/evaluate-models.ts";
import type { Tool, ToolContext } from "../../src/tools/tool.ts";

export const runId = "r-5707e5" as RunId;
const page = "notes/page.md";

/** Where the effect that cannot be probed leaves its mark: outside of everything that cadre keeps. */
const sentLog = "sent.log";

/** Makes `evaluate_models` an effect on the world that leaves a mark and cannot be asked whether it happened. For this process only. */
export function withoutProbe(after: () => Promise<void> = async () => undefined): void {
  const tool: Partial<Tool> = evaluateModelsTool as Tool;
  delete (tool as { probe?: unknown }).probe;
  Object.assign(tool, {
    run: async ({ project, key }: ToolContext) => {
      appendFileSync(join(project, sentLog), `${key}\n`);
      await after();
      return { ok: true, text: "sent", receipt: null };
    },
  });
}

/** A mode's text: slug, level and routes; enough for a chart. */
function modeText(
  slug: string,
  level: string,
  lists: Readonly<Record<string, readonly string[]>>,
  groups: string,
): string {
  const routes = Object.entries(lists).map(
    ([key, slugs]) => `${key}:\n${slugs.map((to) => `  - ${to} # for ${to} matters\n`).join("")}`,
  );
  return `---\nslug: ${slug}\nname: ${slug}\ndescription: The ${slug}.\nlevel: ${level}\n${routes.join("")}tool_groups: [${groups}]\n---\n\nYou are ${slug}.\n`;
}

const report = {
  summary: "done",
  criteria: [{ id: "A1", status: "not_measured", evidence: "scripted" }],
  artifacts: [page],
};

const workflow = `export const workflow = {
  name: "story",
  entry: "lead",
  grants: { worker: ["inference"] },
  approvals: [{ tool: "apply_diff", reason: "changes are looked at" }, { tool: "evaluate_models", reason: "cannot be undone" }],
};
`;

const files: Readonly<Record<string, string>> = {
  "modes/lead.md": modeText(
    "lead",
    "020-lead",
    { delegates_to: ["worker"], escalates_to: ["user"] },
    "read, communication, completion",
  ),
  "modes/worker.md": modeText(
    "worker",
    "030-worker",
    { escalates_to: ["lead"], reports_to: ["lead"] },
    "read, edit, communication, completion",
  ),
  "graphs/story.ts": workflow,
  "docs/input.md": "# Input\n\nThe page starts from this.\n",
};

export const brief: Brief = {
  title: "A page",
  task: "Write the page for worker matters.",
  why: "",
  where: "",
  when: "",
  acceptance: [{ id: "A1", text: "the page is there" }],
  inputs: [{ path: "docs/input.md", description: "" }],
  constraints: [],
  limits: {},
  to: null,
  file: null,
};

const ways = { question: "Which way for lead matters?", topic: "ways", severity: "high", tried: "", options: ["left"] };
/** Made twice, it shows: the line would stand there twice. */
const addLine = (line: string): ScriptedReply =>
  reply.call("apply_diff", { path: page, blocks: [{ search: "(end)", replace: `${line}\n(end)` }] });

const script: Readonly<Record<string, readonly ScriptedReply[]>> = {
  "lead assignment": [
    reply.call("new_task", {
      mode: "worker",
      task: "Write it for worker matters.",
      acceptance_criteria: ["it is there"],
    }),
    reply.call("read_file", { path: page }),
    reply.call("attempt_completion", report),
  ],
  "lead question": [reply.call("attempt_completion", { decision: "short", reason: "it is read by few" })],
  "lead escalation": [
    reply.call("escalate", { to: "user", ...ways }),
    reply.call("attempt_completion", { decision: "left", reason: "said so" }),
  ],
  "worker assignment": [
    reply.calls(["read_file", { path: "docs/input.md" }], ["list_files", { path: "docs" }]),
    reply.call("ask_followup_question", { question: "How long?", options: ["short", "long"] }),
    reply.call("write_to_file", { path: page, content: "# Page\n\n(end)\n" }),
    reply.call("escalate", { to: "lead", ...ways }),
    reply.call("escalate", { to: "nobody", ...ways }),
    addLine("first"),
    reply.call("evaluate_models", { dataset: "docs/input.md" }),
    addLine("second"),
    reply.call("attempt_completion", report),
  ],
};

const heading = /^# (?:Your (assignment)|An (escalation)|A (question))\b/;

export function say(request: ModelRequest, { role }: Pick<ScriptContext, "role">): ScriptedReply {
  const about = request.messages.findLastIndex((message) => message.role === "user" && heading.test(message.content));
  const kind =
    heading
      .exec(request.messages[about]?.content ?? "")
      ?.slice(1)
      .find(Boolean) ?? "";
  const said = request.messages.slice(about).filter((message) => message.role === "assistant").length;
  const next = script[`${role} ${kind}`]?.[said];
  if (next === undefined) throw new Error(`the story has nothing for ${role} ${kind} after ${said} replies`);
  return next;
}

/** What a person says who can look at the world: an effect in doubt has left its mark, or it has not. */
export function answers(dir: string): PlannedAnswer[] {
  return [
    { kind: "escalation", verb: "answer", text: "1" },
    { kind: "approval", verb: "approve", text: "" },
    { kind: "approval", verb: "approve", text: "" },
    { kind: "approval", verb: "approve", text: "" },
    { kind: "doubt", verb: "answer", text: marks(dir).length > 0 ? "ran" : "again" },
    { kind: "sign_off", verb: "approve", text: "" },
  ];
}

export function marks(dir: string): string[] {
  try {
    return readFileSync(join(dir, sentLog), "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

export type StoryFolder = { readonly dir: string; remove(): void };

/** A project of its own, in a new folder (under `parent`, if one is given). */
export function storyFolder(parent: string = tmpdir()): StoryFolder {
  const dir = mkdtempSync(join(parent, "cadre-story-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
