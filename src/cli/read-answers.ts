/** Reads the file of `--answers`: a YAML or JSON list. Loaded only where one is named: most decisions are typed. */
import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { z } from "zod";
import { CadreError } from "../errors.ts";
import { askKindSchema, verdictSchema } from "../events/event.ts";
import type { PlannedAnswer } from "./answers-file.ts";

const answerSchema = z.strictObject({
  role: z.string().min(1).optional(),
  topic: z.string().min(1).optional(),
  kind: askKindSchema().optional(),
  verb: verdictSchema(),
  text: z.string().default(""),
}) satisfies z.ZodType<PlannedAnswer>;

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
