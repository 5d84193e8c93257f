/** What the sources that were read say about a criterion: sentences with their source, and true examples out of tables. */
import { formWords, judge, outsideFacts } from "./criteria.ts";
import { list, type Draft } from "./draft.ts";
import type { InputSeen } from "./inputs.ts";
import type { Criterion } from "./sections.ts";
import { deliverablePath } from "./situation.ts";
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
    const found = excerpts(criterion, draft);
    const example = /\bexamples?\b/i.test(criterion.text) ? examples(draft.facts.inputs) : [];
    if (found.length + example.length === 0) return [];
    return [
      [
        draft.frame.criteria.length > 1 ? `On ${criterion.id}: what the sources say` : "What the sources say",
        [...(found.length > 0 ? [list(found, "")] : []), ...example].join("\n\n"),
      ] as const,
    ];
  });
}

/**
 * Sentences of the inputs that share at least two content words with the criterion, best first, with their source. A sentence that
 * repeats the criterion or the task says nothing on it.
 */
function excerpts(criterion: Criterion, { facts, frame, situation }: Draft): string[] {
  const asked = stems(criterion.text).filter((word) => !formWords.has(word));
  const own = deliverablePath(situation, frame);
  const task = frame.task.replace(/\s+/g, " ");
  return facts.inputs
    .filter((input) => input.failure === null && input.labelled === null && input.path !== own)
    .flatMap((input) => sentencesOf(proseOf(input.text)).map((sentence) => ({ input, sentence })))
    .filter(({ sentence }) => !task.includes(sentence) && !sentence.includes(criterion.text))
    .map((each) => ({ ...each, shared: stems(each.sentence).filter((word) => asked.includes(word)).length }))
    .filter(({ shared }) => shared >= 2 && shared < asked.length)
    .toSorted((a, b) => b.shared - a.shared)
    .slice(0, 6)
    .map(({ input, sentence }) => `${short(sentence, 280)} (\`${input.path}\`)`);
}

/** Without headings, quotes, tables and lines about files: they are form, or they repeat what was asked. */
function proseOf(markdown: string): string {
  return markdown
    .split("\n")
    .map((line) =>
      /^\s*(?:#|>|\||```|(?:[-*] )?`|[-*] A\d+:|[-*] .+ returned it: “)/.test(line)
        ? ""
        : line.replace(/^\s*[-*]\s+/, "\n\n").replaceAll("**", ""),
    )
    .join("\n");
}

/** An interface as far as a labelled table shows one: what goes in, what comes out, and a true row as an example. */
function examples(inputs: readonly InputSeen[]): string[] {
  return inputs.flatMap(({ labelled, path }) => {
    if (!labelled) return [];
    const { text, label, classes, lengths, first } = labelled;
    const names = classes.map(([name]) => `\`${name}\``).join(", ");
    const json = (object: Record<string, string>): string => `\`\`\`json\n${JSON.stringify(object)}\n\`\`\``;
    return [
      `As far as \`${path}\` shows it: a request holds \`${text}\` (in the sample ${lengths[0]} to ${lengths[2]} characters), an answer holds \`${label}\`, one of ${names}.`,
      `Example request, from the first row:\n\n${json({ [text]: first.text })}`,
      `Example answer, the label that the row carries:\n\n${json({ [label]: first.label })}`,
      unspecified,
    ];
  });
}

/** What a table can never show about an interface. */
export const unspecified =
  "Not specified by any source that was read: the address, authentication, limits and errors of an interface.";

/** True where the page says so. */
export function leavesUnspecified(draft: Draft): boolean {
  return askedSections(draft).some(([, text]) => text.includes(unspecified));
}
