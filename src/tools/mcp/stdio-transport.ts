/**
 * The SDK's port to a server that is a program: one JSON-RPC message a line, over stdin and stdout. The SDK's own transport lets a
 * message grow without end and leaves what a server started behind; this one does not.
 *
 * B1. A message is at most `messageBytes`, and what comes in after a message of ours went out is at most `answerBytes`; beyond that the
 *     server is ended.
 * B2. What is on stdout and is no message is skipped: some servers greet. Stderr is kept to its last words, for the error.
 */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { JSONRPCMessageSchema, type JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { startChildGroup, type ChildGroup, type ProgramToStart } from "../../outside/child-group.ts";

export const messageBytes = 4 * 1024 * 1024;
export const answerBytes = 16 * 1024 * 1024;
const lastWordsBytes = 2048;

export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport["onmessage"];
  /** How the server came to an end, in words; null while it lives. */
  end: string | null = null;
  /** What it said on stderr at last; untrusted, with whatever secrets it holds. */
  lastWords = "";
  readonly #program: ProgramToStart;
  #group: ChildGroup | undefined;
  #parts: Buffer[] = [];
  #held = 0;
  #since = 0;

  constructor(program: ProgramToStart) {
    this.#program = program;
  }

  start(): Promise<void> {
    const group = startChildGroup(this.#program);
    this.#group = group;
    group.process.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    group.process.stderr.on("data", (chunk: Buffer) => {
      this.lastWords = (this.lastWords + chunk.toString("utf8")).slice(-lastWordsBytes);
    });
    void group.ended.then((how) => this.#over(how));
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.end !== null || !this.#group) return Promise.reject(new Error("the server has gone"));
    this.#since = 0;
    const { stdin } = this.#group.process;
    return new Promise((resolve) => {
      // A server that does not read is a server that does not answer: the time limit of the answer ends both.
      stdin.write(`${JSON.stringify(message)}\n`, () => resolve());
    });
  }

  async close(): Promise<void> {
    await this.#group?.close();
    this.#over("was ended");
  }

  #over(how: string): void {
    if (this.end !== null) return;
    this.end = how;
    this.#parts = [];
    // Whatever it started goes with it.
    void this.#group?.close();
    this.onclose?.();
  }

  #flood(what: string): void {
    this.#over(what);
    void this.#group?.close(0);
  }

  #take(chunk: Buffer): void {
    if (this.end !== null) return;
    this.#since += chunk.length;
    if (this.#since > answerBytes) return this.#flood(`sent more than ${answerBytes / 1024 / 1024} MB for one answer`);
    let rest = chunk;
    for (;;) {
      const cut = rest.indexOf(10);
      const line = cut === -1 ? rest : rest.subarray(0, cut);
      this.#held += line.length;
      if (this.#held > messageBytes) return this.#flood(`sent a message of more than ${messageBytes / 1024 / 1024} MB`);
      this.#parts.push(line);
      if (cut === -1) return;
      const whole = Buffer.concat(this.#parts).toString("utf8");
      this.#parts = [];
      this.#held = 0;
      this.#message(whole);
      if (this.end !== null) return;
      rest = rest.subarray(cut + 1);
    }
  }

  /** B2. */
  #message(line: string): void {
    let message: JSONRPCMessage | undefined;
    try {
      message = JSONRPCMessageSchema.safeParse(JSON.parse(line)).data;
    } catch {
      return;
    }
    if (message) this.onmessage?.(message);
  }
}
