/** `npm run bench` lists the suites; `npm run bench -- <suite>` runs one. */
import { cliBench } from "./cli.ts";

const suites: Readonly<Record<string, { readonly about: string; readonly run: () => void }>> = {
  cli: { about: "cold starts of the built command, as ratios to a bare node process", run: cliBench },
};

const [name] = process.argv.slice(2);
const suite = name === undefined ? undefined : suites[name];
if (suite) {
  suite.run();
} else {
  if (name !== undefined) console.error(`there is no suite "${name}"`);
  for (const [suiteName, { about }] of Object.entries(suites)) console.log(`npm run bench -- ${suiteName}   ${about}`);
  process.exitCode = name === undefined ? 0 : 2;
}
