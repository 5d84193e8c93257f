/** The trace: events read as steps, and the steps as text. What other parts need of it, under one name. */
export { openTrace, traceSteps, type TraceFold } from "./trace-fold.ts";
export { movingKinds, sentence, type TraceStep } from "./trace-step.ts";
export { renderStep, renderTrace, stepRecord } from "./trace-text.ts";
