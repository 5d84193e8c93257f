/**
 * A stream from a child of which we read our end into one buffer, over and over (RELIABILITY 38). A pipe as `spawn` makes it costs a new buffer for each
 * read, and a flood of output then as much memory as the collector lets lie: some 55 MB where it was measured.
 *
 * E1. What `onData` gets is only there until it returns.
 * E2. Nobody else can take the other end: the name that both meet under lies in a folder of our own, and is gone before the child starts.
 */
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type ReadingEnd = {
  /** For the child's `stdio`; to be destroyed here once the child has it, or it never ends. */
  readonly writing: net.Socket;
  /** Resolves when everything that was written is read. */
  readonly ended: Promise<void>;
  close(): void;
};

export async function openReadingEnd(onData: (chunk: Buffer) => void): Promise<ReadingEnd> {
  const folder = fs.mkdtempSync(join(tmpdir(), "cadre-output-"));
  const server = net.createServer({ pauseOnConnect: true });
  try {
    const path = join(folder, "s");
    server.listen(path);
    await once(server, "listening");
    const buffer = Buffer.allocUnsafe(64 * 1024);
    const callback = (length: number): boolean => {
      onData(buffer.subarray(0, length));
      return true;
    };
    const met = once(server, "connection");
    const reading = net.connect({ path, onread: { buffer, callback } });
    const ended = new Promise<void>((resolve) => reading.once("close", () => resolve()));
    reading.on("error", () => undefined); // then it is closed, and that tells
    const [writing] = (await met) as [net.Socket];
    return { writing, ended, close: () => void reading.destroy() };
  } finally {
    server.close();
    fs.rmSync(folder, { recursive: true, force: true }); // E2
  }
}
