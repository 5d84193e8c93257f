/** The conformance suite over the rehearsal. It speaks only through calls, and nothing can cut it off or make it hang. */
import { rehearsalModel } from "../../src/models/rehearsal/rehearsal.ts";
import type { RoleModel } from "../../src/models/model.ts";
import { assignmentText } from "../../src/run/prompt-texts.ts";
import { modelConformance } from "./model-conformance.ts";

const rule = { purpose: "as declared", file: "modes/a.md", line: 4 };
const task = { task: "Look at the page.", criteria: [], inputs: ["README.md"], constraints: [] };

/** With an assignment after the suite's own messages, so that there is something to do. */
function assigned(): RoleModel {
  const model = rehearsalModel();
  return {
    ...model,
    call: (request, options) =>
      model.call(
        {
          ...request,
          messages: [...request.messages, { role: "user", content: assignmentText({ from: "user", rule }, task) }],
        },
        options,
      ),
  };
}

modelConformance({
  name: "the rehearsal",
  tier: "rehearsal",
  countsTokens: false,
  scenarios: {
    text: { skip: "it always acts through a call" },
    calls: async () => ({ model: assigned() }),
    cut: { skip: "its calls are made whole" },
    ghost: { skip: "it calls only what is offered, see test/property/rehearsal.test.ts" },
    hangs: { skip: "it answers at once" },
    fails: { skip: "nothing outside it can fail" },
  },
});
