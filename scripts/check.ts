/** `npm run check`: every static check at once, each with its whole output; exits with 1 if one of them finds something. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

const folders = ["src", "test", "scripts", "graphs"].filter((folder) => existsSync(folder));

const checks: readonly (readonly [name: string, ...args: string[]])[] = [
  ["tsc", "-p", "."],
  // The page and its tests: with a browser's names.
  ["tsc", "-p", "tsconfig.web.json"],
  // Without paths oxlint walks node_modules as well.
  ["oxlint", "--type-aware", "--deny-warnings", ...folders],
  ["oxfmt", "--check"],
  ["knip"],
];

type Result = { readonly name: string; readonly ok: boolean; readonly output: string; readonly ms: number };

function run([name, ...args]: (typeof checks)[number]): Promise<Result> {
  const started = performance.now();
  return new Promise((resolve) => {
    const output: Buffer[] = [];
    const child = spawn(name, args, { stdio: ["ignore", "pipe", "pipe"] });
    const end = (ok: boolean): void =>
      resolve({ name, ok, output: Buffer.concat(output).toString(), ms: performance.now() - started });
    child.stdout.on("data", (bytes: Buffer) => output.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => output.push(bytes));
    child.on("error", (error) => {
      output.push(Buffer.from(`${error.message}\n`));
      end(false);
    });
    child.on("close", (code) => end(code === 0));
  });
}

const results = await Promise.all(checks.map(run));
for (const { name, ok, output, ms } of results) {
  if (!ok) console.log(output.trimEnd());
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${(ms / 1000).toFixed(1)} s)`);
}
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
