import { expect, test } from "vitest";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import { readMode } from "../../src/modes/read-mode.ts";
import { compile } from "../../src/org/compile.ts";
import { fit, rankRoutes } from "../../src/org/who.ts";
import { stem, termsOf } from "../../src/org/words.ts";

test.each([
  ["licence license licences licensing licensed licenses"],
  ["document documents documented documentation documenting"],
  ["deploy deployed deploying deployment deployments"],
  ["evaluate evaluates evaluated evaluating evaluation evaluations"],
  ["integrate integration integrating"],
  ["optimise optimize optimising optimization optimisation"],
  ["model models modelling modeling modelled"],
  ["classify classifies classified classifying classification"],
  ["store stores stored storing storage"],
  ["require requires requirement requirements"],
  ["suitable suitability"],
  ["retrieve retrieval retrieving"],
  ["cache caches cached caching"],
  ["class classes"],
  ["gpu gpus"],
  ["cpu cpus"],
  ["finetune finetuning finetuned"],
])("%s are one word", (group) => {
  expect(new Set(group.split(" ").map(stem)).size).toBe(1);
});

test("different words stay different", () => {
  const words = "model mode modal data date database deploy depend license listen image imagine report rapport".split(
    " ",
  );
  expect(new Set(words.map(stem)).size).toBe(words.length);
});

test("fine-tune, fine‑tuning and Finetuning meet; stop words and possessives go; other scripts work", () => {
  const shared = (a: string, b: string) => termsOf(a).filter((term) => termsOf(b).includes(term));
  expect(shared("fine-tune", "Finetuning")).toEqual(["finetun"]);
  expect(shared("fine-tune", "FINE‑TUNING")).toEqual(["finetun", "fin", "tun"]);
  expect(termsOf("What is the model's issue?")).toEqual(["model"]);
  expect(termsOf("đánh giá SẢN PHẨM")).toEqual(["đánh", "giá", "sản", "phẩm"]);
  expect(termsOf("đánh".normalize("NFD"))).toEqual(["đánh"]);
  expect(shared("微调模型", "模型")).toEqual(["模型"]);
});

const modes = [
  "---\nslug: desk\ndelegates_to:\n  - writer # For documenting usage and API interfaces\n  - ops # For deployment and environment setup\n  - plain\nescalates_to:\n  - boss # For licensing issues, GPU needs, unclear requirements\nreports_to:\n  - boss # Licences found\n---\n",
  "---\nslug: writer\ntags: [manuals]\n---\n",
  "---\nslug: ops\ndescription: Runs containers\n---\n",
  "---\nslug: plain\ntags: [database]\n---\n",
  "---\nslug: boss\n---\n",
].map((text, index) => {
  const { mode } = readMode(text, `modes/m${index}.md`);
  if (!mode) throw new Error(text);
  return mode;
});
const { chart } = compile(modes);

test("a candidate names the rule that says so", () => {
  expect(rankRoutes(chart, "May we use a model whose license is missing?")[0]).toEqual({
    role: "boss",
    kind: "escalation",
    score: expect.any(Number) as number,
    purpose: "For licensing issues, GPU needs, unclear requirements",
    file: "modes/m0.md",
    line: 8,
  });
  expect(rankRoutes(chart, "document the interface").map((each) => each.role)).toEqual(["writer"]);
});

test("the target's own words help where the purpose is silent, and weigh less than a purpose", () => {
  expect(rankRoutes(chart, "a database").map((each) => each.role)).toEqual(["plain"]);
  expect(rankRoutes(chart, "containers").map((each) => each.role)).toEqual(["ops"]);
  const scores = rankRoutes(chart, "deployment manuals");
  expect(scores.map((each) => each.role)).toEqual(["ops", "writer"]);
});

test("reports are no candidates unless asked for; from narrows; unknown words give nobody", () => {
  expect(rankRoutes(chart, "licences").map((each) => each.kind)).toEqual(["escalation"]);
  expect(rankRoutes(chart, "licences", { kinds: ["report"] }).map((each) => each.purpose)).toEqual(["Licences found"]);
  expect(rankRoutes(chart, "licences", { from: "writer" })).toEqual([]);
  expect(rankRoutes(chart, "xyzzy")).toEqual([]);
  expect(rankRoutes(chart, "")).toEqual([]);
});

test("a single file is ranked by its declared routes, though their targets do not exist", () => {
  const alone = compile(modes.slice(0, 1));
  expect(rankRoutes(alone.chart, "licence")).toEqual([]);
  expect(rankRoutes(alone.chart, "licence", { routes: alone.declared })[0]?.role).toBe("boss");
});

test("fit grows with what text and purpose share; user and routes without a purpose exclude nothing", () => {
  const route = { to: "boss", purpose: "For licensing issues, GPU needs, unclear requirements" };
  expect(fit(route, "please water the plants")).toBe(0);
  expect(fit(route, "the licence")).toBe(0.5);
  expect(fit(route, "the licence, and a GPU")).toBe(0.75);
  expect(fit({ to: "user", purpose: "top" }, "anything")).toBe(1);
  expect(fit({ to: "plain", purpose: "no purpose declared" }, "anything")).toBe(1);
  const target = chart.roles.find((role) => role.slug === "plain");
  expect(fit({ to: "plain", purpose: "For x" }, "a database", target)).toBeCloseTo(0.293, 3);
});

test.each([
  ["The licence of the model is unclear", "escalation", "project-manager"],
  ["Does it need fine-tuning? Which strategy?", "escalation", "ai-ml-lead technical-architect"],
  ["Document the API and how the model is used", "delegation", "technical-writer"],
  ["Store the outputs of the model and retrieve them", "delegation", "database-specialist"],
  ["Set up the environment and the deployment configuration", "delegation", "devops-specialist"],
  ["Where are models cached and stored in deployment?", "escalation", "devops-lead"],
  ["We need GPU capacity", "escalation", "project-manager"],
])("in the shipped chart the specialist takes %j by %s to %s", async (text, kind, roles) => {
  const shipped = compile((await loadProjectModes(".")).modes).chart;
  const best = rankRoutes(shipped, text, { from: "huggingface-specialist" })[0];
  expect(best?.kind).toBe(kind);
  expect(roles.split(" ")).toContain(best?.role);
});

test.each([
  ["huggingface-specialist", "Detect defects on photos of tiles"],
  ["huggingface-specialist", "Fine-tune a small language model on our FAQ"],
  ["huggingface-specialist", "Find duplicate product descriptions with embeddings"],
  ["huggingface-specialist", "Transcribe recorded phone calls to text"],
  ["technical-writer", "Write an onboarding page for new support agents"],
  ["technical-writer", "Document the error codes of the REST API"],
  ["database-specialist", "Add an index because the orders query is slow"],
  ["database-lead", "Decide how long we keep order data and when it is deleted"],
  ["devops-specialist", "Roll back the last deployment"],
  ["devops-lead", "Reduce the number of incidents and plan on-call capacity"],
  ["backend-lead", "Build a REST endpoint for wish lists"],
  ["ai-ml-lead", "Plan the experiments for ranking search results"],
  ["project-manager", "Who pays for two more GPUs?"],
  ["project-manager", "The launch date cannot be kept"],
  ["technical-architect", "Should we choose Kafka or Postgres for events?"],
  ["technical-architect", "Two services disagree about who owns the customer data"],
])("W2 of the shipped roles, %s is the first candidate for: %s", async (role, text) => {
  const shipped = compile((await loadProjectModes(".")).modes).chart;
  expect(rankRoutes(shipped, text)[0]?.role).toBe(role);
});

test("W2 the same words find the way down where they are a task, the way up where they tell of trouble", () => {
  const files = [
    "---\nslug: head\ndelegates_to:\n  - cook # Hot soups, sauces and stews\n---\n",
    "---\nslug: cook\nescalates_to:\n  - chef # Hot soups and sauces\n---\n",
    "---\nslug: chef\n---\n",
  ];
  const kitchen = compile(files.flatMap((text, index) => readMode(text, `modes/k${index}.md`).mode ?? [])).chart;
  expect(rankRoutes(kitchen, "Make hot soups")[0]).toMatchObject({ role: "cook", kind: "delegation" });
  expect(rankRoutes(kitchen, "May we sell hot soups?")[0]).toMatchObject({ role: "chef", kind: "escalation" });
});
