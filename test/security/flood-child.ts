/**
 * Started by `flood.test.ts`, in a process of its own so that nothing else's memory is counted: runs `yes | head -c <size>` in the sandbox as `execute_command`
 * does, and prints by how much the process grew at most. argv: a folder, a size.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { OutputCapture } from "../../src/tools/sandbox/captured-output.ts";

const [folder = "", size = "1M"] = process.argv.slice(2);
const sandbox = bubblewrap({ node: process.execPath });

async function flood(name: string, bytes: string): Promise<object> {
  const workspace = join(folder, name);
  mkdirSync(workspace);
  const capture = new OutputCapture(join(folder, `${name}.txt`), 1024 * 1024);
  const before = process.memoryUsage.rss();
  let most = before;
  const onOutput = (chunk: Buffer): void => {
    capture.add(chunk);
    most = Math.max(most, process.memoryUsage.rss());
  };
  const outcome = await sandbox.run(
    { argv: ["sh", "-c", `yes | head -c ${bytes}`], workspace, network: false, packages: null },
    { seconds: 300, memoryMb: 256, processes: 16, fileMb: 4 },
    { signal: new AbortController().signal, onOutput },
  );
  const captured = capture.close();
  return { outcome, bytes: captured.bytes, kept: captured.kept, text: captured.text.length, grown: most - before };
}

await flood("first", "1M"); // what is loaded once is not the output's
console.log(JSON.stringify(await flood("flood", size)));
