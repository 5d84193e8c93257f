/** The trace: events read as steps, and the steps as text. What other parts need of it, under one name. */
export { openTrace, traceSteps, type TraceFold } from "./fold.ts";
export { isListed, movingKinds, playerText, sentence, type TraceStep } from "./step.ts";
export { renderStep, renderTrace, stepRecord } from "./text.ts";
