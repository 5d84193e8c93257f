/** Who listens to a run, through the public API: what a listener throws reaches its caller, and neither the run nor what it paid for. */
import { expect, onTestFinished, test } from "vitest";
import { briefOrThrow } from "../../src/briefs/load-brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { RunId } from "../../src/ids.ts";
import { reply, scriptedModel, type Script, type ScriptedModel } from "../../src/testing.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

const asks: Script = () => reply.call("ask_followup_question", { question: "Which tickets?" }, "I must know which.");
const gone: Script = () => new Error("the model is gone");

async function begun(
  script: Script,
): Promise<{ readonly cadre: Cadre; readonly model: ScriptedModel; readonly run: RunId }> {
  const project = shippedProject();
  const model = scriptedModel(script);
  const cadre = openCadre({ dir: project.dir, model });
  onTestFinished(() => {
    cadre.close();
    project.remove();
  });
  const { id: run } = await cadre.start(briefOrThrow(readBrief("What: summarise the tickets", null)), { by: "mai" });
  return { cadre, model, run };
}

function listener(): { readonly fail: () => never; readonly thrown: Error[] } {
  const thrown: Error[] = [];
  const fail = (): never => {
    thrown.push(new Error(`my own log is full (${thrown.length + 1})`));
    throw thrown.at(-1);
  };
  return { fail, thrown };
}

test("L1 L2 a listener that throws ends no line: the run comes to rest as without it, and its caller gets what was thrown first", async () => {
  const { cadre, model, run } = await begun(asks);
  const { fail, thrown } = listener();
  const failure: unknown = await cadre.advance(run, { onEvent: fail }).catch((error: unknown) => error);
  expect(failure).toBe(thrown[0]);
  const events = await cadre.store.runEvents(run);
  expect(events.map(({ event }) => event.type)).toContain("ask_raised");
  expect(thrown).toHaveLength(events.length);
  expect(await cadre.advance(run)).toMatchObject({ status: "waiting", asks: [{ kind: "question" }] });
  expect(model.calls()).toBe(1);
  expect(await cadre.verify(run)).toMatchObject({ ok: true });
});

test("L1 a listener of text that throws fails no call that a model has answered", async () => {
  const { cadre, model, run } = await begun(asks);
  const { fail, thrown } = listener();
  const failure: unknown = await cadre.advance(run, { onText: fail }).catch((error: unknown) => error);
  expect(failure).toBe(thrown[0]);
  expect((await cadre.advance(run)).status).toBe("waiting");
  expect(model.calls()).toBe(1);
});

test("L2 where the run itself fails that is what is thrown, and the listener's failure is a warning", async () => {
  const { cadre, run } = await begun(gone);
  const { fail, thrown } = listener();
  const warnings: Error[] = [];
  const warned = Promise.withResolvers<void>();
  const note = (warning: Error & { readonly code?: string }): void => {
    if (warning.code !== "CADRE_LISTENER") return;
    warnings.push(warning);
    warned.resolve();
  };
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  await expect(cadre.advance(run, { onEvent: fail })).rejects.toThrow("the model is gone");
  await warned.promise;
  expect(warnings.map(({ message }) => message)).toEqual([`a listener of a run threw: ${thrown[0]?.message}`]);
});

test("a run that nobody fails to listen to returns how it came to rest", async () => {
  const { cadre, run } = await begun(asks);
  const heard: string[] = [];
  const rest = await cadre.advance(run, { onEvent: ({ event }) => heard.push(event.type), onText: () => undefined });
  expect(rest.status).toBe("waiting");
  expect(heard).toEqual((await cadre.store.runEvents(run)).map(({ event }) => event.type));
});
