#!/usr/bin/env node
/**
 * The entry of the `cadre` command: checks the Node that runs it before anything newer is parsed, then loads the program.
 *
 * G1. It runs on old Nodes: no static import but of built-ins that they have; the build lowers its syntax.
 * G2. A Node that is too old hands over to the one that `npm ci` put next door, or says what to do and exits with 2.
 *     It never goes on: better-sqlite3 would crash the process without a word.
 * G3. Whoever it hands over to hears of every signal that comes here, and of this process's end, over a channel (`signals.ts`).
 */
import module from "node:module";
import { fileURLToPath } from "node:url";

const oldest = [22, 18] as const;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const recentEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);

/** The `node` package of the checkout, or of the project that cadre is installed in. */
async function nodeNextDoor(): Promise<string | undefined> {
  const { existsSync } = await import("node:fs"); // whoever starts on a good Node pays for all that it brings along
  return ["../../node_modules/node/bin/node", "../../../node/bin/node"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path) && path !== process.execPath);
}

function refuse(): void {
  process.stderr.write(
    `error: cadre needs Node ${oldest.join(".")} or newer, and this is Node ${process.versions.node} (${process.execPath})\n` +
      "hint: install a newer Node, or add one to the project: npm install --save-dev node@24\n",
  );
  process.exitCode = 2;
}

async function handOver(node: string): Promise<void> {
  const [{ spawn }, { constants }] = await Promise.all([import("node:child_process"), import("node:os")]); // not needed on a good Node
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, CADRE_HANDED_OVER_BY: String(process.pid) },
  });
  // G3. A terminal sends Ctrl-C to both: sent on as a signal, ours would be the child's second, and mean "stop at once".
  const tell = (signal: "SIGINT" | "SIGTERM"): void => void child.send(signal, () => undefined);
  process.on("SIGINT", () => tell("SIGINT"));
  process.on("SIGTERM", () => tell("SIGTERM"));
  // G3. And npx, where that started this one, ends at a `kill` without a word.
  const above = process.ppid;
  if (process.env["npm_command"] === "exec")
    setInterval(() => {
      if (process.ppid !== above) process.exit();
    }, 500).unref();
  child.on("error", refuse);
  child.on("exit", (code, signal) => {
    // Where a signal came before the program could take it, the code is a shell's: 130 for Ctrl-C.
    process.exitCode = code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 1);
  });
}

/**
 * The files of `dist` name each other exactly: they need none of the search that Node makes for every import (package scope, links,
 * endings), which for sixty of them is a twelfth of a start. Whatever else is imported is found as ever.
 */
function findOwnFilesDirectly(): void {
  const own = new URL("..", import.meta.url).href;
  module.registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith(".") && context.parentURL?.startsWith(own)
        ? { url: new URL(specifier, context.parentURL).href, format: "module", shortCircuit: true }
        : next(specifier, context),
  });
}

if (recentEnough) {
  module.enableCompileCache?.();
  findOwnFilesDirectly();
  const { main } = await import("./program.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  const other = await nodeNextDoor();
  if (other === undefined) refuse();
  else await handOver(other);
}
