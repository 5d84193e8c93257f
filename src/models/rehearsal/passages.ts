/** What the sources that were read say about a criterion: sentences with their source, and true examples out of tables. */
import { judge, outsideFacts } from "./criteria.ts";
import { list, type Draft } from "./deliverable.ts";
import type { InputSeen } from "./inputs.ts";
import type { Criterion } from "./sections.ts";
import { sentencesOf, short, stems } from "./words.ts";

/** For each criterion that asks for something to be written: what the sources that were read say about it. */
export function askedSections(draft: Draft): (readonly [string, string])[] {
  const mine = draft.frame.criteria.filter(
    (criterion) => !draft.parts.some((part) => part.criteria.includes(criterion)),
  );
  const wanted = mine.filter(
    (criterion) =>
      outsideFacts(criterion.text) === false &&
      judge(criterion, { measurements: draft.facts.measurements, written: null, others: draft.facts.others }).status ===
        "not_measured",
  );
  return wanted.flatMap((criterion) => {
    const found = excerpts(criterion, draft.facts.inputs);
    const example = /\bexamples?\b/i.test(criterion.text) ? examples(draft.facts.inputs) : [];
    if (found.length + example.length === 0) return [];
    return [
      [
        `On ${criterion.id}: what the sources say`,
        [...(found.length > 0 ? [list(found, "")] : []), ...example].join("\n\n"),
      ] as const,
    ];
  });
}

/** Sentences of the inputs that share at least two content words with the criterion, best first, with their source. */
function excerpts(criterion: Criterion, inputs: readonly InputSeen[]): string[] {
  const asked = stems(criterion.text);
  return inputs
    .filter((input) => input.failure === null && input.labelled === null)
    .flatMap((input) =>
      sentencesOf(proseOf(input.text)).map((sentence) => ({
        input,
        sentence,
        shared: stems(sentence).filter((word) => asked.includes(word)).length,
      })),
    )
    .filter((each) => each.shared >= 2)
    .toSorted((a, b) => b.shared - a.shared)
    .slice(0, 6)
    .map(({ input, sentence }) => `${short(sentence, 280)} (\`${input.path}\`)`);
}

/** Without headings, quotes and tables: they are form, or they repeat what was asked. */
function proseOf(markdown: string): string {
  return markdown
    .split("\n")
    .map((line) =>
      /^\s*(?:#|>|\||```|[-*] A\d+:)/.test(line) ? "" : line.replace(/^\s*[-*]\s+/, "\n\n").replaceAll("**", ""),
    )
    .join("\n");
}

/** A true example out of a labelled table: a row as a request, its label as the answer. */
function examples(inputs: readonly InputSeen[]): string[] {
  return inputs.flatMap(({ labelled, path }) => {
    if (!labelled?.first) return [];
    const request = JSON.stringify({ [labelled.text]: labelled.first.text });
    const answer = JSON.stringify({ [labelled.label]: labelled.first.label });
    return [
      `Example request, the first row of \`${path}\`:\n\n\`\`\`json\n${request}\n\`\`\`\n\nExample answer, the label that a person gave it:\n\n\`\`\`json\n${answer}\n\`\`\`\n\nNames of the fields are those of the file; the interface itself is not specified by any source that was read.`,
    ];
  });
}
