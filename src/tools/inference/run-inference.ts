/**
 * `run_inference`: a model of cadre.yaml on items of the workspace, with an answer or an error for each of them in a file of the workspace.
 *
 * R1. Only models that the operator named can be asked, and only at the address that he gave.
 * R2. What looks like personal data, pictures and sound leave this machine only once a person let exactly these pass; so does a model whose
 *     licence asks for one.
 * R3. What a model says is screened before it is kept or shown.
 * D3. Each chunk is paid for through the ledger; rows that have an answer are not sent again, by whatever call of this run comes next.
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { hashOf } from "../../canonical.ts";
import { isCadreError } from "../../errors.ts";
import type { Finding } from "../../events/event.ts";
import { mostFor } from "../../models/terms.ts";
import { destination } from "../../models/inference/destination.ts";
import { inferenceTasks, type InferenceTask } from "../../models/inference/tasks.ts";
import { answering, failed, printable } from "../answer.ts";
import { parsePath } from "../paths.ts";
import { isPathError, openFile } from "../safe-files.ts";
import { withWeights, type ModelPin } from "../hub/models-lock.ts";
import { licenceConcerns } from "../hub/licence-concerns.ts";
import type { HubSource } from "../hub/source.ts";
import type { Secrets } from "../../outside/secrets.ts";
import { PersonalCount } from "../screen/leaving-host.ts";
import type { Concerns, Tool, ToolContext, ToolOutcome } from "../tool.ts";
import { writablePath } from "../write-tools.ts";
import { currentHash } from "../write-whole.ts";
import { inferenceArgs, type InferenceArgs } from "./args.ts";
import { chunkRows, completeBatch, type Job } from "./job.ts";
import { rememberingScans, type Scan, type ScanInput } from "./scan.ts";
import type { InferenceModel, InferenceSource } from "./source.ts";
import { hubIdOf } from "../../models/resolve.ts";

type Given = { readonly source: InferenceSource; readonly hub: HubSource; readonly secrets?: Secrets | undefined };

export function runInferenceTool({ source, hub, secrets }: Given): Tool<InferenceArgs> {
  const scan = rememberingScans();
  return {
    name: "run_inference",
    description:
      "Run a model of cadre.yaml on texts, pictures or sound of the workspace and keep its answers in a .jsonl file there. Errors are told item by item. " +
      "A batch that was cut off goes on where it was. Answers are screened; personal data that would leave this machine, and licences that ask for it, are put to a person first.",
    schema: inferenceArgs,
    access: "effect",
    get available(): { readonly no: string } | undefined {
      const off = source.off();
      return off === null
        ? undefined
        : { no: `run_inference is not available: ${off}. Say in your report what was not run.` };
    },
    objection: (context, given) => Promise.resolve(objectionTo(source, context, given)),
    concerns: async (context, given) => (await concernsOf({ source, hub, scan }, context, given)).concerns,
    needs: (context, given) => needOf({ source, hub, scan }, context, given),
    prepare: (context, given) => prepare(source, scan, context, given),
    // Whatever had been done is in the progress of the batch: running again goes on from there (D3).
    probe: () => Promise.resolve({ state: "not-done" }),
    run: (context, given, prepared) =>
      answering(context, () => run({ source, hub, scan, secrets }, context, given, prepared)),
  };
}

type Parts = Given & { readonly scan: ScanInput };

/** In words; null where nothing speaks against it. */
function objectionTo(source: InferenceSource, context: ToolContext, given: InferenceArgs): string | null {
  const { problem } = taskOf(source, given);
  if (problem !== null) return problem;
  const path = writablePath(context, given.output_file);
  if (typeof path !== "string") return path.text;
  if (!path.endsWith(".jsonl")) return "`output_file` has to end in .jsonl.";
  return isInput(context, given, path)
    ? "`output_file` is the input: the answers would take the place of the items."
    : null;
}

/** Also where a symlink of the workspace leads to it. What is not there is told of later. */
function isInput({ workspace }: ToolContext, { input_file: input }: InferenceArgs, output: string): boolean {
  const parsed = input === undefined ? null : parsePath(input);
  if (!parsed?.ok) return false;
  if (parsed.path === output) return true;
  try {
    const file = openFile(workspace, parsed.path);
    file.close();
    return file.resolved === output;
  } catch (error) {
    if (isPathError(error)) return false;
    throw error;
  }
}

function taskOf(
  source: InferenceSource,
  given: InferenceArgs,
):
  | { readonly task: InferenceTask; readonly model: InferenceModel; readonly problem: null }
  | { readonly task: InferenceTask; readonly model: null; readonly problem: string } {
  const task = inferenceTasks.get(given.task) as InferenceTask;
  const parameters = task.parameters.safeParse(given.parameters);
  const wrong = (problem: string) => ({ task, model: null, problem });
  if (!parameters.success) {
    const issues = parameters.error.issues.map(
      (issue) => `${["parameters", ...issue.path.map(String)].join(".")}: ${issue.message}`,
    );
    return wrong(`${issues.join("; ")}.`);
  }
  if ((given.files !== undefined) !== (task.item === "image" || task.item === "audio"))
    return wrong(
      task.item === "image" || task.item === "audio"
        ? `${task.name} takes \`files\`.`
        : `${task.name} takes \`inputs\` or \`input_file\`.`,
    );
  try {
    const model = source.model(given.model);
    if (model.task !== null && model.task !== task.name) return wrong(`${model.name} is there for ${model.task}.`);
    destination(model.spec, task);
    return { task, model, problem: null };
  } catch (error) {
    if (isCadreError(error))
      return wrong(`[${error.code}] ${error.message}${error.hint === undefined ? "" : ` ${error.hint}`}`);
    throw error;
  }
}

/** What was found; a string: why there is nothing to look at. */
async function scanned(scan: ScanInput, context: ToolContext, task: InferenceTask, given: InferenceArgs) {
  let result: Awaited<ReturnType<ScanInput>> | undefined;
  const outcome = await answering(context, async () => {
    result = await scan(context, task.item, given);
    return failed("");
  });
  return result ?? outcome.text;
}

async function needOf({ source, scan }: Parts, context: ToolContext, given: InferenceArgs) {
  const { task, model } = taskOf(source, given);
  const looked = model === null ? "" : await scanned(scan, context, task, given);
  if (model === null || typeof looked === "string") return { modelCalls: 0, tokens: 0 };
  const modelCalls = Math.ceil(looked.rows / chunkRows(looked.rows));
  const tokens = tokensFor(task, given, looked);
  const { money } = mostFor(model.terms, tokens);
  const { gpuMs } = mostFor(model.terms, { prompt: 0, reply: 0 });
  return {
    modelCalls,
    tokens: tokens.prompt + tokens.reply,
    ...(money === null ? {} : { money }),
    ...(gpuMs === null ? {} : { gpuMs: modelCalls * gpuMs }),
  };
}

/** Four characters a token, and what the task may say at most; a reservation, replaced by what a server counts. */
function tokensFor(task: InferenceTask, given: InferenceArgs, { characters, rows, unusable }: Scan) {
  const {
    max_tokens: chat,
    max_new_tokens: generation,
    max_length: length,
    system = "",
    prompt = "",
  } = given.parameters;
  const most = [chat, generation, length].find((each) => typeof each === "number");
  const out = task.generative ? Number(most ?? (task.ask === null ? 1024 : 256)) : 0;
  const around = String(system).length + String(prompt).length;
  const sent = rows - unusable;
  return { prompt: Math.ceil(characters / 4) + sent * Math.ceil(around / 4), reply: sent * out };
}

/** R2. */
async function concernsOf(
  { source, hub, scan }: Parts,
  context: ToolContext,
  given: InferenceArgs,
): Promise<{ readonly concerns: Concerns; readonly pin: Awaited<ReturnType<typeof licenceConcerns>>["pin"] }> {
  // What is wrong with the arguments is an answer of `run`, and asks nobody.
  const nothing = { concerns: { findings: [] }, pin: null };
  if (objectionTo(source, context, given) !== null) return nothing;
  const { task, model } = taskOf(source, given);
  if (model === null) return nothing;
  const { origin, local } = destination(model.spec, task);
  const licence = await licenceConcerns(hub, context, { id: hubIdOf(model.spec), licence: model.licence });
  if ("refused" in licence.concerns || local) return licence;
  const looked = await scanned(scan, context, task, given);
  if (typeof looked === "string") return licence;
  const parameters = new PersonalCount();
  parameters.add(JSON.stringify(given.parameters), () => "parameters");
  const found = [
    ...looked.personal.findings(origin, looked.sha256),
    ...parameters.findings(origin, hashOf(given.parameters)),
    ...mediaFindings(looked, task, given, origin),
  ];
  return { concerns: { findings: [...licence.concerns.findings, ...found] }, pin: licence.pin };
}

function mediaFindings({ media, sha256 }: Scan, task: InferenceTask, given: InferenceArgs, origin: string): Finding[] {
  if (media === 0) return [];
  const names = (given.files ?? []).slice(0, 5).map(printable).join(", ");
  const text = `${media === 1 ? "1 file" : `${media} files`} of ${task.item} would go to ${origin}; what is in them was not looked at: ${names}`;
  return [{ kind: "unscreened", id: hashOf({ unscreened: sha256, origin }), text }];
}

const preparedSchema = z.union([
  z.strictObject({ refused: z.string() }),
  z.strictObject({ before: z.string().nullable(), input: z.string() }),
]);

async function prepare(
  source: InferenceSource,
  scan: ScanInput,
  context: ToolContext,
  given: InferenceArgs,
): Promise<z.infer<typeof preparedSchema>> {
  const objection = objectionTo(source, context, given);
  if (objection !== null) return { refused: objection };
  const looked = await scanned(scan, context, taskOf(source, given).task, given);
  if (typeof looked === "string") return { refused: looked };
  let before: string | null = null;
  const outcome = await answering(context, () => {
    before = currentHash(context.workspace, given.output_file);
    return failed("");
  });
  return outcome.text === "" ? { before, input: looked.sha256 } : { refused: outcome.text };
}

async function run(parts: Parts, context: ToolContext, given: InferenceArgs, facts: unknown): Promise<ToolOutcome> {
  const { source, scan } = parts;
  const prepared = preparedSchema.parse(facts ?? (await prepare(source, scan, context, given)));
  if ("refused" in prepared) return failed(`Nothing was run: ${prepared.refused}`);
  const off = source.off();
  const { task, model, problem } = taskOf(source, given);
  if (off !== null || model === null) return failed(`Nothing was run: ${off ?? problem}`);
  if (context.calls === undefined) return failed("Nothing was run: nothing may be paid for here.");
  const looked = await scanned(scan, context, task, given);
  if (typeof looked === "string") return failed(`Nothing was run: ${looked}`);
  if (looked.sha256 !== prepared.input)
    return failed("Nothing was run: the input was changed since this was prepared. Send it again.");
  const found = await concernsOf(parts, context, given);
  const unsaid = unsaidFinding(context, found.concerns);
  if (unsaid !== null) return failed(`Nothing was run: nobody was asked about this: ${unsaid}. Send it again.`);
  const { origin } = destination(model.spec, task);
  const about = {
    model: model.name,
    spec: model.spec.model,
    origin,
    task: task.name,
    parameters: given.parameters,
    input: looked.sha256,
    key: given.text_key,
  };
  const tokens = tokensFor(task, given, looked);
  const job: Job = {
    context,
    task,
    model,
    origin,
    given,
    scan: looked,
    before: prepared.before,
    request: hashOf(about),
    tokens: tokens.prompt + tokens.reply,
    // A line's own, so that two lines never work on one batch.
    folder: join(
      dirname(context.workspace),
      "inference",
      (context.key.split("/")[0] ?? "").replaceAll(/[^A-Za-z0-9.-]/g, "-"),
      hashOf({ about, to: given.output_file }).slice(0, 32),
    ),
    pin: await wholePin(parts.hub, context, model, found.pin),
    clean: (value) => parts.secrets?.cleanJson(value) ?? value,
    open: () => source.open(model, task, context.key.slice(0, context.key.indexOf("."))),
    calls: context.calls,
  };
  return completeBatch(job);
}

/** What runs in this process is pinned in cadre.lock, by the commit that was fetched. */
async function wholePin(
  hub: HubSource,
  context: ToolContext,
  { spec }: InferenceModel,
  pin: ModelPin | null,
): Promise<ModelPin | null> {
  return pin === null || spec.kind === "embedded" ? null : withWeights(hub, context, spec.model, pin);
}

/** The last look, at what is about to be sent. */
function unsaidFinding(context: ToolContext, concerns: Concerns): string | null {
  if ("refused" in concerns) return concerns.refused;
  const accepted = new Set(context.accepted ?? []);
  return concerns.findings.find(({ id }) => !accepted.has(id))?.text ?? null;
}
