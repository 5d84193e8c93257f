/**
 * LangChain sends every run to LangSmith when a variable of the environment says so. A brief and what a team makes of it are not
 * sent anywhere because of a variable that some other program needed: the client is left out of the bundle.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { cadre } from "../fixtures/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("R8 no run is sent to a tracing server, whatever the environment asks for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cadre-traced-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ["modes", "graphs", "briefs"]) cpSync(join(root, part), join(folder, part), { recursive: true });
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume().on("end", () => response.end("{}"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const traced = { TRACING: "true", TRACING_V2: "true", API_KEY: "lsv2_canary", ENDPOINT: url };
  const env = Object.fromEntries(
    Object.entries(traced).flatMap(([name, value]) => [
      [`LANGSMITH_${name}`, value],
      [`LANGCHAIN_${name}`, value],
    ]),
  );
  const { code, stderr } = await cadre(["run", "briefs/vietnamese-reviews.md", "--json"], { cwd: folder, env });
  expect({ code, stderr }).toEqual({ code: 8, stderr: "" });
  expect(requests).toEqual([]);
});
