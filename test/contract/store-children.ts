/** Starts `store-child.ts` as real processes, all at the same moment, and collects their answers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { bundleOf } from "../crash/child-bundle.ts";

export type Answer = Readonly<Record<string, unknown>>;

type Child = { readonly go: () => void; readonly answer: Promise<Answer> };

async function started(args: readonly string[]): Promise<Child> {
  const script = await bundleOf("test/contract/store-child.ts");
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const closed = once(child, "close");
  for (let over = false; !text.includes("ready\n");) {
    if (over) throw new Error(`store-child.ts ${args[0]} ended before it was ready`);
    await Promise.race([once(child.stdout, "data"), closed.then(() => (over = true))]);
  }
  const answer = closed.then(([code, signal]): Answer => {
    const said = text.slice(text.indexOf("\n") + 1).trim();
    return said === "" ? { code, signal } : (JSON.parse(said) as Answer);
  });
  return { go: () => child.stdin.end("go\n"), answer };
}

/** Each element of `all` is one process's command line. */
export async function together(all: readonly (readonly string[])[]): Promise<readonly Answer[]> {
  const children = await Promise.all(all.map(started));
  for (const child of children) child.go();
  return Promise.all(children.map((child) => child.answer));
}
