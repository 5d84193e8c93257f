/**
 * `write_to_file` and `apply_diff`: what a role may change in its workspace.
 *
 * T1. `prepare` says what the file is and what it will be, by hash. `run` writes only if the file still is what it was; `probe`
 *     compares, so that a crash between intent and outcome leaves no doubt (D3).
 * T2. What cannot be done is answered, with nothing changed.
 */
import { z } from "zod";
import { sha256 } from "../canonical.ts";
import { answering, done, failed } from "./answer.ts";
import { applyBlocks } from "./apply-blocks.ts";
import { liesIn, parsePath, writeProblem } from "./paths.ts";
import { decodeText, readWhole } from "./read-bytes.ts";
import { workspacePath } from "./read-tools.ts";
import { isPathError, refuse } from "./safe-files.ts";
import type { Tool, ToolContext, ToolOutcome } from "./tool.ts";
import { currentHash, writeWhole } from "./write-whole.ts";

const contentLimit = 4 * 1024 * 1024;

const preparedSchema = z.union([
  z.strictObject({ path: z.string(), before: z.string().nullable(), after: z.string() }),
  z.strictObject({ refused: z.string() }),
]);
type Prepared = z.infer<typeof preparedSchema>;
/** What the file will hold, given what it holds. */
type Plan<Args> = (context: ToolContext, args: Args, path: string) => Buffer;

const writeArgs = z.strictObject({
  path: workspacePath,
  content: z.string().max(contentLimit).describe("The whole content of the file; what was there is replaced."),
});

export const writeToFileTool: Tool<z.infer<typeof writeArgs>> = {
  name: "write_to_file",
  description:
    "Write a whole file in the workspace, with its folders; an existing file is replaced at once. To change a part of a file, use apply_diff.",
  schema: writeArgs,
  access: "effect",
  ...writing((_context, args: z.infer<typeof writeArgs>, path) => encoded(path, args.content)),
};

const diffArgs = z.strictObject({
  path: workspacePath,
  base: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe("sha256 of the file as you read it; if it is another by now, nothing is changed."),
  blocks: z
    .array(
      z.strictObject({
        search: z
          .string()
          .min(1)
          .describe("Text exactly as in the file, without line numbers; it must be there exactly once."),
        replace: z.string().describe("What stands there instead; empty to remove it."),
      }),
    )
    .min(1)
    .max(100)
    .describe("All are applied to the file as it is now, or none."),
});

export const applyDiffTool: Tool<z.infer<typeof diffArgs>> = {
  name: "apply_diff",
  description:
    "Change parts of a text file in the workspace by search and replace: every block must match exactly once, and all are applied or none.",
  schema: diffArgs,
  access: "effect",
  ...writing((context, args: z.infer<typeof diffArgs>, path) => {
    const bytes = readWhole(context.workspace, path, contentLimit);
    const text = decodeText(bytes);
    if (text === undefined) throw refuse(path, "it is not UTF-8 text");
    const now = sha256(bytes);
    if (args.base !== undefined && args.base !== now)
      throw refuse(path, `its sha256 is ${now}, not the base that you gave; read it again`);
    const applied = applyBlocks(text, args.blocks);
    if (!applied.ok) throw refuse(path, `nothing was changed\n${applied.reason}`);
    if (applied.text === text) throw refuse(path, "the blocks change nothing");
    return encoded(path, applied.text);
  }),
};

/** UTF-8 has no half of a surrogate pair: written silently, it would become another character. */
function encoded(path: string, text: string): Buffer {
  if (!text.isWellFormed()) throw refuse(path, "the content is not valid Unicode");
  return Buffer.from(text, "utf8");
}

function writing<Args extends { readonly path: string }>(
  plan: Plan<Args>,
): Required<Pick<Tool<Args>, "objection" | "prepare" | "probe" | "run">> {
  return {
    objection: async (context, args) => {
      const facts = await prepared(context, args, plan);
      return "refused" in facts ? facts.refused : null;
    },
    prepare: (context, args) => prepared(context, args, plan),
    probe: async (context, _args, facts) => {
      const before = preparedSchema.parse(facts);
      if ("refused" in before) return { state: "not-done" };
      const now = hashOrNothing(context.workspace, before.path);
      if (now === before.after) return { state: "done", outcome: written(before) };
      return { state: now === before.before ? "not-done" : "unknown" };
    },
    run: (context, args, facts) =>
      answering(context, async () => {
        const before = preparedSchema.parse(facts ?? (await prepared(context, args, plan)));
        if ("refused" in before) return failed(before.refused);
        const now = currentHash(context.workspace, before.path);
        if (now === before.after) return written(before);
        if (now !== before.before) throw refuse(before.path, "it was changed since this was prepared; read it again");
        const content = plan(context, args, before.path);
        if (sha256(content) !== before.after)
          throw refuse(before.path, "what would be written is not what was prepared");
        writeWhole(context.workspace, before.path, content);
        return written(before);
      }),
  };
}

/** Answers with the reason instead of throwing: an intent is recorded either way, and `run` hands the reason to the model. */
async function prepared<Args extends { readonly path: string }>(
  context: ToolContext,
  args: Args,
  plan: Plan<Args>,
): Promise<Prepared> {
  const result = await answering(context, () => {
    const path = writablePath(context, args.path);
    if (typeof path !== "string") return path;
    const before = currentHash(context.workspace, path);
    const content = plan(context, args, path);
    if (content.length > contentLimit)
      throw refuse(path, `the content is larger than ${contentLimit / 1024 / 1024} MB`);
    return done("", { files: [{ path, before, after: sha256(content) }], measurements: [], detail: {} });
  });
  const file = result.receipt?.files[0];
  return file ? { path: file.path, before: file.before, after: file.after as string } : { refused: result.text };
}

/** The path, or why this may not be written (R6). */
export function writablePath({ writable }: Pick<ToolContext, "writable">, text: string): string | ToolOutcome {
  const parsed = parsePath(text);
  const reason = parsed.ok ? (writeProblem(parsed.path) ?? shareProblem(parsed.path, writable)) : parsed.reason;
  return parsed.ok && reason === null ? parsed.path : failed(refuse(text, reason as string).message);
}

/** R6: what runs beside other tasks writes where it was told to, and nowhere else. */
function shareProblem(path: string, writable: readonly string[] | null): string | null {
  if (writable === null || writable.some((own) => liesIn(path, own))) return null;
  return writable.length === 0
    ? "this task only reads: others are at work at the same time, and it was given nothing to write"
    : `this task may write ${writable.join(", ")}, and others are at work at the same time`;
}

/** `not a hash` where something else than a plain file lies there: equal to neither what was nor what will be. */
function hashOrNothing(workspace: string, path: string): string | null {
  try {
    return currentHash(workspace, path);
  } catch (error) {
    if (isPathError(error)) return "not a hash";
    throw error;
  }
}

function written(file: { readonly path: string; readonly before: string | null; readonly after: string }): ToolOutcome {
  const verb = file.before === null ? "Created" : file.before === file.after ? "Left as it was:" : "Changed";
  return done(`${verb} ${file.path}, sha256 ${file.after}.`, {
    files: [{ path: file.path, before: file.before, after: file.after }],
    measurements: [],
    detail: {},
  });
}
