/**
 * The workflow that ships: a brief goes to the backend lead, who hands machine learning to the specialist.
 * `workflow` is plain data and costs nothing to load; `graph` is for LangGraph's own tools (langgraph.json, Studio).
 */
import type { WorkflowInput } from "cadre";

export const workflow = {
  name: "feature-workflow",
  description: "One feature, from a brief to a change set that a person signs.",
  entry: "backend-lead",

  // Every role is staffed by a model (the rehearsal, unless cadre.yaml or --model says otherwise). A person can take any
  // place and then answers under the same checks, for instance:
  //   staffing: { "project-manager": { by: "person", name: "linh" } },
  staffing: {},

  // The mode's own tool groups are kept as its author wrote them; looking at models and measuring them is granted here.
  grants: { "huggingface-specialist": ["inference"] },

  rules: [{ pack: "huggingface", roles: ["huggingface-specialist", "ai-ml-lead"] }],

  // Commands are shown to a person before they run. Files need no approval of their own: the sign-off covers them all.
  approvals: [{ tool: "execute_command", reason: "A command can do more than its text shows." }],
  signOff: true,

  // Ceilings of a whole run. Reaching one raises a question to a person; it does not end the run.
  limits: { steps: 200, modelCalls: 120, tokens: 2_000_000, depth: 8, refusals: 12, repeats: 3, pingPong: 4 },
  deadlineMinutes: 24 * 60,
} satisfies WorkflowInput;

/** The compiled LangGraph: a labelled rehearsal with an in-memory store and a scratch workspace. */
export async function graph(): Promise<unknown> {
  const { rehearsalGraph } = await import("cadre");
  return rehearsalGraph(workflow, import.meta.url);
}
