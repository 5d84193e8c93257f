/** Calls the model at the address that it is given, so many times, and says by how much its memory grew meanwhile, in MB, and what came. */
import { isCadreError } from "../../src/errors.ts";
import { emptyConfig } from "../../src/config/config.ts";
import { createRoleModel } from "../../src/models/create-role-model.ts";
import { resolveModel } from "../../src/models/resolve.ts";
import { request } from "./model-request.ts";

const [address = "", times = "1"] = process.argv.slice(2);
const spec = resolveModel(emptyConfig, { role: "r", rank: "lead", flag: `${address}#scripted` });
const model = await createRoleModel(spec, {
  env: {},
  run: "r-000001",
  rehearsal: () => {
    throw new Error("not asked for");
  },
});

const rss = (): number => process.memoryUsage.rss() / (1024 * 1024);
const call = async (): Promise<string> => {
  try {
    await model.call(request, {});
    return "ok";
  } catch (error) {
    return isCadreError(error) ? error.code : "unknown";
  }
};

// What ordinary answers load, compile and leave lying about is no growth.
for (let warm = 0; warm < 3; warm += 1) await call();
const before = rss();
let most = before;
const look = setInterval(() => (most = Math.max(most, rss())), 2);
const came = new Set<string>();
for (let count = 0; count < Number(times); count += 1) {
  came.add(await call());
  most = Math.max(most, rss());
}
clearInterval(look);
process.stdout.write(`${JSON.stringify({ grew: most - before, came: [...came].toSorted() })}\n`);
