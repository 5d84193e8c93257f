/** Brings what is left of a run to its end, as the next process would, without the command around it. */
import { openCadre } from "../../src/cadre/cadre.ts";
import { answersFace, takeAnswer } from "../../src/cli/answers-file.ts";
import { scriptedModel } from "../../src/testing.ts";
import { answers, brief, runId, say, withoutProbe } from "./story.ts";

/** Takes the run from where it is to its end, in this process, deciding what is asked; starts it where a crash came before its first row. */
export async function finish(dir: string): Promise<void> {
  withoutProbe();
  const cadre = openCadre({ dir, model: scriptedModel(say), ids: { runId: () => runId } });
  try {
    const planned = answers(dir);
    const [known] = await cadre.store.runs();
    const run = known ?? (await cadre.start(brief, { by: "tester" }));
    for (;;) {
      const { status, asks } = await cadre.advance(run.id);
      if (status !== "waiting") return;
      const [ask] = asks;
      const answer = ask && takeAnswer(planned, ask);
      if (!ask || !answer)
        throw new Error(`nobody decides ${ask?.kind ?? "what is not asked"}: ${ask?.question ?? ""}`);
      await cadre.decide(ask.id, {
        verb: answer.verb,
        text: answer.text,
        hash: ask.hash,
        by: "tester",
        face: answersFace,
      });
    }
  } finally {
    cadre.close();
  }
}
