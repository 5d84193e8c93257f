/**
 * `execute_command`: one program in the workspace, in the sandbox that it was given.
 *
 * R7. No sandbox, no command: the tool is then not there, and says why.
 * R3. What a person approved is the argument list itself; no shell reads it, so nothing in it means more than it says.
 * X1. Nobody can tell from outside whether a command ran: there is no probe, and after a crash it is in doubt (D3).
 * X2. What it writes comes from a socket, where an error would end the whole process: output that cannot be kept (a full disk) ends the
 *     command, and then the error is this call's.
 */
import fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { commandPolicy, commandTool, forbiddenCommand, type CommandPolicy } from "../org/command-policy.ts";
import type { Receipt } from "../events/event.ts";
import { done, failed } from "./answer.ts";
import { commandFailure, withFailure } from "./failure.ts";
import { OutputCapture, type Captured } from "./sandbox/captured-output.ts";
import type { Sandbox, SandboxOutcome } from "./sandbox/sandbox.ts";
import type { Secrets } from "../outside/secrets.ts";
import type { Tool, ToolContext, ToolOutcome } from "./tool.ts";
import { trainingConcerns } from "./training.ts";

const processes = 512;
const fileMb = 1024;

const word = z
  .string()
  .max(32 * 1024)
  .refine((text) => !text.includes("\0") && text.isWellFormed(), { error: "holds a NUL or is not valid Unicode" });

const args = z.strictObject({
  command: z
    .array(word)
    .min(1)
    .max(500)
    .refine(([program = ""]) => program !== "" && !program.startsWith("-"), {
      error: "starts with no program",
    })
    .describe("Program and arguments, one item each; there is no shell. It starts in the workspace's top folder."),
  timeout_seconds: z.int().min(1).max(3600).default(60).describe("It is ended after so long."),
  network: z
    .boolean()
    .default(false)
    .describe("True only if it cannot do without: the person who approves sees it, and the workflow must permit it."),
});
type Args = z.infer<typeof args>;

/** `secrets`: taken out of what a command writes, before it is kept (R8). */
export function executeCommandTool(sandbox: Sandbox, secrets?: Secrets): Tool<Args> {
  return {
    name: commandTool,
    description:
      "Run a program in the workspace, inside a sandbox: it sees this workspace at /workspace, the system's programs and nothing else of the machine, " +
      "and has no network. Unless the workflow allows exactly this command, a person approves it first. Answers with the exit code and up to 60 KB of the output.",
    schema: args,
    access: "effect",
    leaves: "anything",
    get available(): { readonly no: string } | undefined {
      const found = sandbox.available();
      return "no" in found
        ? { no: `${commandTool} is not available: ${found.no}. Do without it, or say in your report what was not run.` }
        : undefined;
    },
    objection: (context, given) => Promise.resolve(forbiddenCommand(policyOf(context), given)),
    concerns: (context, given) => trainingConcerns(context, given.command),
    run: (context, given) => execute({ sandbox, secrets }, context, given),
  };
}

function policyOf(context: ToolContext): CommandPolicy {
  return context.commands ?? commandPolicy({});
}

type Means = { readonly sandbox: Sandbox; readonly secrets: Secrets | undefined };

async function execute({ sandbox, secrets }: Means, context: ToolContext, given: Args): Promise<ToolOutcome> {
  const policy = policyOf(context);
  const forbidden = forbiddenCommand(policy, given);
  if (forbidden !== null) return failed(`Nothing was run: ${forbidden}`);
  context.signal.throwIfAborted();
  const seconds = Math.min(given.timeout_seconds, policy.timeoutSeconds);
  const file = freeFile(join(dirname(context.workspace), "output"), context.key);
  const output = new OutputCapture(file, policy.outputMb * 1024 * 1024, secrets);
  const unkept = new AbortController();
  let outcome: SandboxOutcome;
  let captured: Captured;
  try {
    outcome = await sandbox.run(
      {
        argv: given.command,
        workspace: context.workspace,
        ...(context.writable === null ? {} : { writable: context.writable }),
        network: given.network,
        // With the network it may install packages of its own.
        packages: given.network ? null : packagesOf(context.project),
      },
      { seconds, memoryMb: policy.memoryMb, processes, fileMb },
      { signal: AbortSignal.any([context.signal, unkept.signal]), onOutput: keepingIn(output, unkept) },
    );
  } finally {
    captured = output.close();
  }
  unkept.signal.throwIfAborted();
  if (!outcome.started) {
    fs.rmSync(file, { force: true });
    return failed(`Nothing was run: ${outcome.reason}`);
  }
  return told(given, outcome, captured, { ...policy, seconds, file, key: context.key });
}

/** X2. */
function keepingIn(output: OutputCapture, unkept: AbortController): (chunk: Buffer) => void {
  return (chunk) => {
    try {
      if (!unkept.signal.aborted) output.add(chunk);
    } catch (error) {
      unkept.abort(error);
    }
  };
}

type Bounds = Pick<CommandPolicy, "memoryMb" | "outputMb"> & {
  readonly seconds: number;
  readonly file: string;
  readonly key: string;
};
type Ended = Extract<SandboxOutcome, { started: true }>;

/** No durations in the text: a run that is told again must read the same. */
function told(given: Args, outcome: Ended, captured: Captured, bounds: Bounds): ToolOutcome {
  const { seconds, memoryMb, outputMb, file, key } = bounds;
  const lines = [
    ending(outcome, seconds),
    ...(outcome.outOfMemory ? [`A process of it was killed: it used up its ${memoryMb} MB of memory.`] : []),
    ...(outcome.removed.length > 0
      ? [
          `Protected, so removed again: ${outcome.removed
            .slice(0, 20)
            .map((path) => `\`${path}\``)
            .join(", ")}.`,
        ]
      : []),
    outputText(captured, outputMb),
  ];
  const measured = exitMeasurement(given.command, outcome.exitCode);
  const cited = measured.map(({ name, value, unit }) => `\n\nreceipt ${key}\n- ${name} = ${value} ${unit}`).join("");
  const answer = done(`${lines.join("\n")}\n${captured.text}${cited}`, {
    files: [],
    measurements: measured,
    detail: {
      command: given.command,
      network: given.network,
      exitCode: outcome.exitCode,
      ended: outcome.ended,
      ms: outcome.ms,
      limits: { seconds, memoryMb, memory: outcome.enforced.memory, processes: outcome.enforced.processes },
      outputBytes: captured.bytes,
      output: { file: `output/${basename(file)}`, bytes: captured.kept, sha256: captured.sha256 },
    },
  });
  const ok = outcome.exitCode === 0 && !outcome.outOfMemory;
  return withFailure({ ...answer, ok }, commandFailure({ ...outcome, output: captured.text }));
}

/** Before the output itself. The file is out of a role's reach: what it is told to do instead, it can. */
function outputText({ bytes, kept, leftOut }: Captured, outputMb: number): string {
  if (bytes === 0) return "It wrote nothing.";
  const size = `Output, ${bytes.toLocaleString("en")} bytes`;
  if (leftOut === 0) return `${size}:`;
  const cut =
    kept < bytes
      ? ` Its file, which people see, ends after the first ${outputMb} MB: more needs a larger \`outputMb\` under \`commands\` in the workflow.`
      : "";
  return `${size}, of which beginning and end stand here. To read more, have the command write to a file of the workspace, and read that in parts.${cut}`;
}

/** Characters of a command in the name of its exit code. */
const commandNamed = 80;

/** What a report can cite of a command: that it ended, and how. */
function exitMeasurement(command: readonly string[], exitCode: number | null): Receipt["measurements"] {
  if (exitCode === null) return [];
  const words = command.join(" ").replace(/\s+/g, " ");
  const said = words.length > commandNamed ? `${words.slice(0, commandNamed - 1)}…` : words;
  return [{ name: `exit code (${said})`, value: exitCode, unit: "code" }];
}

function ending({ ended, exitCode }: Ended, seconds: number): string {
  if (ended === "timeout") return `It was ended after ${seconds} seconds, with everything that it had started.`;
  if (ended === "aborted")
    return "It was ended, with everything that it had started: the run was stopped or interrupted.";
  if (exitCode === null) return "It was killed.";
  return exitCode > 128
    ? `Exit code ${exitCode}: ended by signal ${exitCode - 128}, or so it says.`
    : `Exit code ${exitCode}.`;
}

/** Beside the workspace, out of its reach; an effect that is run once more gets a further file. */
function freeFile(folder: string, key: string): string {
  const name = key.replaceAll(/[^A-Za-z0-9.]/g, "-");
  for (let attempt = 1; ; attempt += 1) {
    const file = join(folder, attempt === 1 ? `${name}.txt` : `${name}-${attempt}.txt`);
    if (!fs.existsSync(file)) return file;
  }
}

function packagesOf(project: string): string | null {
  const folder = join(project, "node_modules");
  return fs.lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? folder : null;
}
