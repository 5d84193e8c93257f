/** Decisions written beforehand: a YAML or JSON list, matched to asks by role, topic and kind; each is used once, in order. */
import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { z } from "zod";
import { CadreError } from "../errors.ts";
import { askKindSchema, verdictSchema } from "../events/event.ts";
import type { AskRow } from "../store/ports.ts";

const answerSchema = z.strictObject({
  /** The role on whose behalf it is asked; left out: any. */
  role: z.string().min(1).optional(),
  /** Words of the topic, in any case; left out: any. */
  topic: z.string().min(1).optional(),
  kind: askKindSchema.optional(),
  verb: verdictSchema,
  text: z.string().default(""),
});

export type PlannedAnswer = z.infer<typeof answerSchema>;

export const answersFace = "answers-file";
const largest = 256 * 1024;
const shape = "--answers takes a list of `- role: …`, `topic: …`, `verb: answer|approve|reject`, `text: …`";

/** Errors: file-unreadable, usage (with the place of the first mistake). */
export function readAnswers(file: string): PlannedAnswer[] {
  const text = readText(file);
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake) {
    const [at] = mistake.linePos ?? [];
    throw new CadreError("usage", `${file} is not YAML: ${mistake.message.split("\n")[0] ?? ""}`, {
      place: { file, ...(at ? { line: at.line, column: at.col } : {}) },
      hint: shape,
    });
  }
  const parsed = z.array(answerSchema).safeParse(toPlain(document, file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CadreError("usage", `${file}: ${issue?.path.join(".") || "the file"}: ${issue?.message ?? "not a list"}`, {
    place: { file },
    hint: shape,
  });
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length <= largest) return bytes.toString("utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const what = missing ? `there is no file ${file}` : `${file} cannot be read: ${(cause as Error).message}`;
    throw new CadreError("file-unreadable", what, { hint: shape, cause });
  }
  throw new CadreError("file-unreadable", `${file} is larger than 256 KB`, { hint: "name a list of decisions" });
}

function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch (cause) {
    throw new CadreError("usage", `${file} repeats itself too often: ${(cause as Error).message}`, { cause });
  }
}

/** Takes the first planned answer that fits the ask out of the list. */
export function takeAnswer(planned: PlannedAnswer[], ask: AskRow): PlannedAnswer | undefined {
  const at = planned.findIndex((answer) => fits(answer, ask));
  return at === -1 ? undefined : planned.splice(at, 1)[0];
}

function fits(answer: PlannedAnswer, ask: AskRow): boolean {
  const wanted: PlannedAnswer["verb"][] =
    ask.kind === "approval" || ask.kind === "sign_off" ? ["approve", "reject"] : ["answer"];
  return (
    wanted.includes(answer.verb) &&
    (answer.role === undefined || answer.role === ask.role) &&
    (answer.kind === undefined || answer.kind === ask.kind) &&
    (answer.topic === undefined || ask.topic.toLowerCase().includes(answer.topic.toLowerCase()))
  );
}
