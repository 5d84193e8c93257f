/** `npm run test:crash -- --seeds N`: the crash tests alone, each at its full size, with N random kill times instead of the usual few. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({ options: { seeds: { type: "string" } }, allowPositionals: true });
if (values.seeds !== undefined && !/^[1-9]\d*$/.test(values.seeds)) {
  console.error(`--seeds takes a whole number above 0, not "${values.seeds}"`);
  process.exit(2);
}
const seeds = values.seeds === undefined ? {} : { CADRE_CRASH_SEEDS: values.seeds };
const files = positionals.length > 0 ? positionals : ["test/crash"];
const vitest = spawnSync("vitest", ["run", ...files], {
  stdio: "inherit",
  env: { CADRE_CRASH: "full", ...process.env, ...seeds },
});
process.exitCode = vitest.status ?? 1;
