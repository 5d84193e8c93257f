/** `npm run bench` lists the suites; `npm run bench -- <suite> [options]` runs one. */
type Suite = {
  readonly about: string;
  readonly run: (args: readonly string[]) => Promise<void> | void;
};

const suites: Readonly<Record<string, Suite>> = {
  cli: {
    about: "cold starts of the built command, as ratios to a bare node process [--pairs N]",
    run: async (args) => (await import("./cli.ts")).cliBench(args),
  },
  store: {
    about: "what durability costs a step, beside LangGraph's own savers [--steps 100,300] [--rounds N] [--quick]",
    run: async (args) => (await import("./store.ts")).storeBench(args),
  },
  children: {
    about: "five tasks of a second each, given out together and one after the other [--tasks N] [--rounds N]",
    run: async (args) => (await import("./children.ts")).childrenBench(args),
  },
  gate: {
    about: "the gate before a server of twelve slots, beside fixed numbers of calls at a time [--calls N] [--rounds N]",
    run: async (args) => (await import("./gate.ts")).gateBench(args),
  },
  inference: {
    about:
      "a million items through run_inference: how memory grows with them, from a cold start [--rows 100000,1000000] [--rounds N]",
    run: async (args) => (await import("./inference.ts")).inferenceBench(args),
  },
  chart: {
    about: "reading, compiling and linting charts of up to 1,000 roles [--modes 250,500,1000] [--rounds N]",
    run: async (args) => (await import("./chart.ts")).chartBench(args),
  },
  routing: {
    about: "which route a text takes: the lexical ranking and llama.cpp over 135 labelled texts [--model <file.gguf>]",
    run: async (args) => (await import("./routing.ts")).routingBench(args),
  },
  web: {
    about: "first paint of a long run beside a short one, and idle watchers [--steps N] [--rounds N] [--watchers N]",
    run: async (args) => (await import("./web.ts")).webBench(args),
  },
  many: {
    about: "10,000 paused runs in one file, and a run of 10,000 events [--rounds N]",
    run: async (args) => (await import("./many.ts")).manyBench(args),
  },
};

const [name, ...args] = process.argv.slice(2);
const suite = name === undefined ? undefined : suites[name];
if (suite) {
  await suite.run(args);
} else {
  if (name !== undefined) console.error(`there is no suite "${name}"`);
  for (const [suiteName, { about }] of Object.entries(suites)) console.log(`npm run bench -- ${suiteName}   ${about}`);
  process.exitCode = name === undefined ? 0 : 2;
}
