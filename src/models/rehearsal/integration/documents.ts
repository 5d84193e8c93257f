/** What goes with the module: its configuration, its requirements, the contract of the interface around it, and the model's card. */
import type { EvaluationSeen } from "../evaluation.ts";
import type { InputSeen } from "../inputs.ts";
import { describeInput } from "../inputs.ts";
import { candidateOf, cite, notMeasured } from "../criteria.ts";

export type Choice = {
  readonly title: string;
  readonly labels: readonly string[];
  readonly evaluation: EvaluationSeen | null;
  readonly inputs: readonly InputSeen[];
};

/** No model from outside was measured here: whoever takes the module over puts id and commit in. */
export function configJson({ labels }: Choice): string {
  const config = { model: null, revision: null, labels, label_map: {}, max_characters: 4000, batch_size: 16 };
  return `${JSON.stringify(config, null, 2)}\n`;
}

export const requirements = [
  "# Pinned. Not installed and not tried in this run: the module is compiled and tested without them.",
  "transformers==4.57.1",
  "torch==2.9.0",
  "safetensors==0.6.2",
  "",
].join("\n");

export function apiContract({ labels }: Choice): string {
  const [label = "label"] = labels;
  return [
    "# Contract of the interface",
    "What a service around `text_classifier.py` takes and gives. Address, authentication and limits are the service's own: *not specified here*.",
    "## Request",
    '```json\n{"texts": ["first text", "second text"]}\n```',
    "A list of texts, none of them empty; each is cut at `max_characters` of `config.json`.",
    "## Answer",
    `\`\`\`json\n{"predictions": [{"label": ${JSON.stringify(label)}, "score": 0.93}, {"label": ${JSON.stringify(label)}, "score": 0.71}]}\n\`\`\``,
    `One prediction for each text, in order. Labels: ${labels.map((each) => `\`${each}\``).join(", ")}. A score is the model's own, from 0 to 1, and no probability unless somebody calibrated it.`,
    "## Errors",
    [
      "| class | what it means | status | worth another try |",
      "| --- | --- | --- | --- |",
      "| `InputError` | a text is empty or no text; `index` says which | 400 | no |",
      "| `ConfigError` | no model, or no commit, in `config.json` | 500 | no |",
      "| `DependencyError` | a library is missing | 500 | no |",
      "| `ModelLoadingError` | the model could not be loaded | 503 | after it was mended |",
      "| `ResourceError` | memory ran out | 503 | with smaller batches |",
      "| `InferenceError` | the model failed while it ran | 502 | once |",
      "| `OutputError` | the model answered no known label | 502 | no |",
    ].join("\n"),
    "No error holds a text.",
  ]
    .join("\n\n")
    .concat("\n");
}

export function modelCard(choice: Choice): string {
  const { evaluation, inputs, labels, title } = choice;
  const first = evaluation?.measurements[0];
  const best = first ? candidateOf(first.name) : "";
  const figures = (evaluation?.measurements ?? [])
    .filter(({ name }) => candidateOf(name) === best && /^(?:macro-F1|accuracy|p95 latency) \(/.test(name))
    .map((measured) => `- ${cite(measured, evaluation?.measurements)}`);
  return [
    `---\npipeline_tag: text-classification\nlicense: unknown\n---`,
    `# Model card: ${title}`,
    "> Rehearsal: filled in by a policy from what was measured; what would need a model or a person says so.",
    "## What it is for",
    `Text classification into ${labels.map((label) => `\`${label}\``).join(", ")}. Not for decisions about people.`,
    "## Model",
    `No pretrained model was chosen: id, revision and licence are ${notMeasured}. \`config.json\` takes the id and a commit; a branch is refused.`,
    "## Data",
    inputs.length > 0 ? inputs.map((input) => `- ${describeInput(input)}.`).join("\n") : "None was given.",
    "## Evaluation",
    figures.length > 0
      ? [`The best of the local candidates, as the baseline that a model has to beat:`, figures.join("\n")].join("\n\n")
      : `${notMeasured}.`,
    "## Limits",
    [
      "- The module's tests use a stub in the model's place: they say nothing about how good a model is.",
      "- Behaviour on other dialects, groups and topics than those of the sample is not measured.",
      "- Texts may hold personal data; nothing here keeps them, and no error quotes them.",
    ].join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}
