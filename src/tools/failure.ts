/**
 * The six kinds in which work with models and their data fails, what is looked at for each, and what the matter is for whoever may be asked.
 *
 * K1. A kind is told from what was seen (a code, an exit, a text of the program), never from a guess; what fits none has no kind.
 * K2. Each kind has its checks, by name, in the order in which they are worth looking at; what was not looked at says so.
 * K3. The matter is in words. Whose it is follows from the purposes that the chart declares, not from here.
 */
import type { Failure } from "../events/event.ts";
import type { ToolOutcome } from "./tool.ts";

export type FailureClass = Failure["class"];
type Found = Failure["checks"][number]["found"];
type Seen = Readonly<Record<string, readonly [found: Found, detail: string]>>;

/** K2, K3. */
const kinds: Readonly<Record<FailureClass, { readonly checks: readonly string[]; readonly matter: string }>> = {
  "model-loading": {
    checks: [
      "name and revision",
      "address of the server",
      "token",
      "room and cache for the weights",
      "format of the weights",
    ],
    matter: "model deployment, caching and storage of models",
  },
  inference: {
    checks: ["answer is complete", "answer can be read", "answer is one that was asked for"],
    matter: "expert advice on model selection: whether to ask this model otherwise or take another",
  },
  dependency: {
    checks: ["program is there", "module is there", "versions fit together"],
    matter: "environment setup and its dependencies",
  },
  performance: {
    checks: ["answer in time", "latency within its bound", "throughput"],
    matter: "performance limits of the model",
  },
  "data-format": {
    checks: ["file can be read", "encoding", "columns", "values"],
    matter: "an integration problem between the data and the service that delivers it",
  },
  "resource-exhaustion": {
    checks: ["memory", "disk", "places at the server", "time"],
    matter: "resource constraints: memory, disk, GPU capacity or the server's own",
  },
};

export function failureOf(kind: FailureClass, what: string, seen: Seen): Failure {
  return {
    class: kind,
    what,
    checks: kinds[kind].checks.map((name) => {
      const [found, detail] = seen[name] ?? ["not checked", ""];
      return { name, found, detail };
    }),
  };
}

/** What a model reads of a failure, behind the text of the tool. */
export function failureText(failure: Failure): string {
  return [
    `Failure class: ${failure.class}. ${failure.what}`,
    ...failure.checks.map(
      ({ name, found, detail }) => `- check ${name}: ${found}${detail === "" ? "" : ` (${detail})`}`,
    ),
    `This is a matter of ${kinds[failure.class].matter}. If these checks do not mend it, escalate it to the role whose purpose names that.`,
  ].join("\n");
}

/** An outcome with its failure, told in its text as well. */
export function withFailure(outcome: ToolOutcome, failure: Failure | null): ToolOutcome {
  if (failure === null) return outcome;
  return { ...outcome, text: `${outcome.text}\n\n${failureText(failure)}`, failure };
}

const right = (detail = ""): readonly [Found, string] => ["right", detail];
const wrong = (detail: string): readonly [Found, string] => ["wrong", detail];

/** By the code of a model's error; null for what is of no kind. */
export function modelFailure(code: string, what: string): Failure | null {
  switch (code) {
    case "model-unknown":
    case "config-invalid":
      return failureOf("model-loading", what, { "name and revision": wrong("not as cadre.yaml maps it") });
    case "model-unreachable":
      return failureOf("model-loading", what, {
        "name and revision": right("mapped in cadre.yaml"),
        "address of the server": wrong("no answer from there"),
      });
    case "model-auth":
      return failureOf("model-loading", what, {
        "name and revision": right("mapped in cadre.yaml"),
        token: wrong("missing or not accepted"),
      });
    case "model-refused":
      return failureOf("model-loading", what, {
        "address of the server": right("it answered"),
        "name and revision": wrong("the server refuses it"),
      });
    case "model-malformed":
      return failureOf("inference", what, {
        "answer is complete": right(),
        "answer can be read": wrong("no label in it"),
      });
    case "model-truncated":
      return failureOf("inference", what, { "answer is complete": wrong("it was cut off") });
    case "model-timeout":
      return failureOf("performance", what, { "answer in time": wrong("none within the model's time limits") });
    case "model-busy":
    case "model-queue-full":
      return failureOf("resource-exhaustion", what, {
        "places at the server": wrong("it had none, however often it was asked"),
      });
    default:
      return null;
  }
}

/** A file of data that is not as it has to be. */
export function dataFailure(what: string): Failure {
  const columns = /there is no column|names "[^"]*" twice|_column and \w+_column are /.test(what);
  const encoding = /not UTF-8/.test(what);
  const absent = /is not there|is refused|larger than/.test(what);
  return failureOf("data-format", what, {
    "file can be read": absent ? wrong("not as a file of data") : right(),
    ...(absent ? {} : { encoding: encoding ? wrong("not UTF-8") : right("UTF-8") }),
    ...(columns ? { columns: wrong("not those that were named") } : {}),
    ...(absent || encoding || columns ? {} : { values: wrong("not as they have to be") }),
  });
}

type Ended = {
  readonly exitCode: number | null;
  readonly ended: "by itself" | "timeout" | "aborted";
  readonly outOfMemory: boolean;
  readonly output: string;
};

type Sign = (ended: Ended) => Failure | null;

/** In the order in which they count: what ran out explains what broke after it. */
const signs: readonly Sign[] = [
  ({ outOfMemory, output }) =>
    outOfMemory || /\bMemoryError\b|CUDA out of memory|OutOfMemoryError/.test(output)
      ? failureOf("resource-exhaustion", "It used up its memory.", { memory: wrong("none was left") })
      : null,
  ({ output }) =>
    /No space left on device|ENOSPC|\bDisk quota exceeded\b/.test(output)
      ? failureOf("resource-exhaustion", "The disk is full.", { disk: wrong("no room was left") })
      : null,
  ({ ended }) =>
    ended === "timeout"
      ? failureOf("performance", "It did not end in its time.", { "answer in time": wrong("it was ended") })
      : null,
  missingModule,
  ({ output }) => {
    const clash =
      /\b(?:VersionConflict|ResolutionImpossible|incompatible versions?|requires [\w.-]+[<>=!~]=?[\d.]+)/.exec(
        output,
      )?.[0];
    return clash === undefined
      ? null
      : failureOf("dependency", "Versions do not fit together.", { "versions fit together": wrong(clash) });
  },
  ({ exitCode, output }) =>
    exitCode === 127 || /\bexecvp [^\n]{0,200}: No such file or directory|command not found/.test(output)
      ? failureOf("dependency", "The program is not there.", { "program is there": wrong("not found") })
      : null,
];

function missingModule({ output }: Ended): Failure | null {
  const named = /\b(?:ModuleNotFoundError: No module named|ImportError: cannot import name) '([^']{1,100})'/.exec(
    output,
  );
  const module = named?.[1];
  if (module === undefined) return null;
  const seen = { "program is there": right(), "module is there": wrong(`${module} is not`) };
  return failureOf("dependency", `The module ${module} is not there.`, seen);
}

/** By how a command ended and what it wrote; null where that says nothing of a kind (a test that fails is none). */
export function commandFailure(ended: Ended): Failure | null {
  if (ended.exitCode === 0 && !ended.outOfMemory) return null;
  for (const sign of signs) {
    const failure = sign(ended);
    if (failure !== null) return failure;
  }
  return null;
}
