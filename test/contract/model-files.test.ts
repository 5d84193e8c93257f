/** Model files of the embedded tier, fetched from a loopback hub: pinned, whole or not there, and the token nowhere else. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ggufSource } from "../../src/config/gguf.ts";
import { defaultHub } from "../../src/config/hub.ts";
import { isCadreError } from "../../src/errors.ts";
import { download } from "../../src/models/embedded/download.ts";
import { modelFile, type ModelFileDeps } from "../../src/models/embedded/model-file.ts";
import { sha256, startHub, type HubRepo, type HubServer } from "../fixtures/model-hub.ts";
import { writeTinyModel } from "../fixtures/tiny-model.ts";

const sha = "a".repeat(40);
const secret = "hf_CANARY_of_the_token";
let dir: string;
let gguf: Buffer;
let repos: Record<string, HubRepo>;
const hubs: HubServer[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cadre-files-"));
  const path = join(dir, "made.gguf");
  writeTinyModel(path, { says: ["Hello"] });
  gguf = readFileSync(path);
  rmSync(path);
  repos = {
    "org/tiny": { sha, files: { "tiny-Q8_0.gguf": gguf, "tiny-Q4_K_M.gguf": gguf, "mmproj-Q8_0.gguf": gguf } },
  };
});
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close();
  rmSync(dir, { recursive: true, force: true });
});

async function hub(): Promise<HubServer> {
  const started = await startHub(repos);
  hubs.push(started);
  return started;
}

async function fetched(
  url: string,
  model = "hf:org/tiny:Q8_0",
  more: Partial<ModelFileDeps> = {},
  token: string | null = null,
  revision: string | null = null,
) {
  const progress: number[] = [];
  const source = ggufSource(model, revision);
  if (source === null) throw new TypeError(model);
  const hub = { ...defaultHub, url, cache: "cache", fileHosts: ["127.0.0.1"], ...(token === null ? {} : { token }) };
  const deps: ModelFileDeps = {
    dir,
    data: join(dir, ".cadre"),
    hub,
    env: { HUB_TOKEN: secret },
    onProgress: ({ done }) => progress.push(done),
    ...more,
  };
  return { path: await modelFile(deps, source, new AbortController().signal), progress };
}

async function fault(work: Promise<unknown>): Promise<{ code: string; message: string; hint: string }> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isCadreError(error)) throw new Error(`no CadreError: ${String(error)}`);
  expect(JSON.stringify([error.message, error.hint, error.data])).not.toContain(secret);
  return { code: error.code, message: error.message, hint: error.hint ?? "" };
}

const cached = (): string[] => (existsSync(join(dir, "cache")) ? readdirSync(join(dir, "cache")) : []);

test("a file is fetched once with its progress, pinned by commit and hash, and from then on needs no network", async () => {
  const server = await hub();
  const { url } = server;
  const first = await fetched(url);
  expect(readFileSync(first.path)).toEqual(gguf);
  expect(first.progress.at(-1)).toBe(gguf.length);
  expect(JSON.parse(readFileSync(join(dir, "cadre.lock"), "utf8"))).toEqual({
    version: 1,
    models: { "hf:org/tiny:Q8_0": { revision: sha, file: "tiny-Q8_0.gguf", bytes: gguf.length, sha256: sha256(gguf) } },
  });
  await server.close();
  hubs.length = 0;
  expect(await fetched(url)).toEqual({ path: first.path, progress: [] });
});

test("the pin decides, whatever the branch holds by now; another commit in cadre.yaml pins anew", async () => {
  const { url, seen } = await hub();
  await fetched(url);
  rmSync(join(dir, "cache"), { recursive: true });
  const asked = seen.length;
  await fetched(url);
  expect(seen.slice(asked).map(({ path }) => path)).toEqual([`/org/tiny/resolve/${sha}/tiny-Q8_0.gguf`]);
  const other = "b".repeat(40);
  repos["org/tiny"] = { sha: other, files: { "tiny-Q8_0.gguf": gguf } };
  await fetched(url, "hf:org/tiny:Q8_0", {}, null, other);
  expect(readFileSync(join(dir, "cadre.lock"), "utf8")).toContain(other);
});

test.each([{ noRanges: false }, { noRanges: true }])(
  "what broke off is gone on from, and checked as a whole (%o)",
  async ({ noRanges }) => {
    const server = await hub();
    server.faults = { breakAfter: 50_000, noRanges };
    const breaking = fetched(server.url, "hf:org/tiny:Q8_0", { onProgress: () => server.drop() });
    expect((await fault(breaking)).code).toBe("hub-unreachable");
    expect(cached()).toEqual([`${sha256(gguf)}.gguf.part`]);
    const kept = statSync(join(dir, "cache", `${sha256(gguf)}.gguf.part`)).size;
    expect(kept).toBeGreaterThan(0);
    const { path, progress } = await fetched(server.url);
    expect(server.seen.at(-1)?.range).toBe(`bytes=${kept}-`);
    expect(progress[0]).toBeGreaterThan(noRanges ? 0 : kept);
    expect(readFileSync(path)).toEqual(gguf);
    expect(cached()).toEqual([`${sha256(gguf)}.gguf`]);
  },
);

test("other bytes than the promised ones are thrown away, and nothing is pinned", async () => {
  const server = await hub();
  server.faults = { tampered: true };
  expect(await fault(fetched(server.url))).toMatchObject({
    code: "model-file",
    message: expect.stringContaining("sha256"),
  });
  expect(cached()).toEqual([]);
  expect(existsSync(join(dir, "cadre.lock"))).toBe(false);
});

test("what is no GGUF file is thrown away, whatever it is called", async () => {
  repos["org/tiny"] = { sha, files: { "tiny-Q8_0.gguf": Buffer.from("\x80\x02}q\x00X") } };
  const { url } = await hub();
  expect(await fault(fetched(url))).toMatchObject({ code: "model-file", message: expect.stringContaining("GGUF") });
  expect(cached()).toEqual([]);
});

test("R8 the token goes to the hub and not to where the hub keeps its files", async () => {
  repos["org/tiny"] = { ...(repos["org/tiny"] as HubRepo), token: secret };
  const files = await startHub({ "org/tiny": { sha, files: { "tiny-Q8_0.gguf": gguf } } });
  hubs.push(files);
  const server = await hub();
  server.faults = { elsewhere: files.url };
  const { path } = await fetched(server.url, "hf:org/tiny:Q8_0", {}, "HUB_TOKEN");
  expect(readFileSync(path)).toEqual(gguf);
  expect(server.seen.map(({ authorization }) => authorization)).toEqual(server.seen.map(() => `Bearer ${secret}`));
  expect(files.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
});

test("a redirect to a host that nobody allowed is not followed", async () => {
  const server = await hub();
  server.faults = { elsewhere: "https://cdn.example.com" };
  expect(await fault(fetched(server.url))).toMatchObject({ code: "hub-refused" });
});

test.each([
  ["a repository that is not there", "hf:org/none:Q8_0", null, "hub-missing", "404"],
  ["a quantisation that is not there", "hf:org/tiny:Q2_K", null, "model-file", "is not there"],
  ["several files and no word which", "hf:org/tiny", null, "model-file", "is not one file"],
  ["a private one without a token", "hf:org/private:Q8_0", null, "hub-auth", "401"],
  ["a gated one without a token", "hf:org/gated:Q8_0", null, "hub-auth", "gated"],
  ["a gated one whose terms were not accepted", "hf:org/gated:Q8_0", "HUB_TOKEN", "hub-auth", "gated"],
  ["one in parts", "hf:org/parts:Q8_0", null, "model-file", "comes in parts"],
  ["a variable that is not set", "hf:org/tiny:Q8_0", "NO_TOKEN", "hub-auth", "NO_TOKEN"],
])("says clearly what is wrong: %s", async (_what, model, token, code, words) => {
  repos["org/private"] = { sha, files: {}, token: "another" };
  repos["org/gated"] = { sha, files: {}, gated: true };
  repos["org/parts"] = { sha, files: { "x-Q8_0-00001-of-00002.gguf": gguf, "x-Q8_0-00002-of-00002.gguf": gguf } };
  const { url } = await hub();
  expect(await fault(fetched(url, model, {}, token))).toMatchObject({ code, message: expect.stringContaining(words) });
});

test("offline is said as that, with the way that needs no network", async () => {
  const server = await hub();
  const { url } = server;
  await server.close();
  hubs.length = 0;
  const said = await fault(fetched(url));
  expect(said).toMatchObject({
    code: "hub-unreachable",
    hint: expect.stringContaining("--model embedded:<file.gguf>"),
  });
  expect(said.hint).not.toMatch(/\b(role|report)\b/);
});

test("a disk that cannot hold the file is named before anything is fetched", async () => {
  const { url, seen } = await hub();
  expect(await fault(fetched(url, "hf:org/tiny:Q8_0", { freeSpace: () => 10 }))).toMatchObject({
    code: "disk-full",
    message: expect.stringMatching(/needs 1\d\d KB .* 1 KB are free/),
  });
  expect(seen.filter(({ path }) => path.includes("/resolve/"))).toEqual([]);
});

test("one process fetches a file: a living one is named, a dead one's claim is taken over", async () => {
  const { url } = await hub();
  await fetched(url);
  const name = `${sha256(gguf)}.gguf`;
  rmSync(join(dir, "cache", name));
  writeFileSync(join(dir, "cache", `${name}.part.pid`), String(process.ppid));
  expect(await fault(fetched(url))).toMatchObject({
    code: "model-file",
    message: expect.stringContaining(String(process.ppid)),
  });
  // In a container every process may have had the number that this one has.
  for (const gone of ["4194303", String(process.pid)]) {
    rmSync(join(dir, "cache", name), { force: true });
    writeFileSync(join(dir, "cache", `${name}.part.pid`), gone);
    expect(readFileSync((await fetched(url)).path)).toEqual(gguf);
    expect(cached()).toEqual([name]);
  }
});

test("two in one process do not fetch a file at once", async () => {
  const { url } = await hub();
  const both = await Promise.allSettled([fetched(url), fetched(url)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(both.flatMap((each) => (each.status === "rejected" ? [each.reason] : []))).toMatchObject([
    { code: "model-file", message: expect.stringContaining(String(process.pid)) },
  ]);
});

test("what cannot be written is not left to be read: the connection is let go of", async () => {
  const path = join(dir, "cache", "m.gguf");
  mkdirSync(`${path}.part`, { recursive: true });
  let letGo = 0;
  const body = new ReadableStream<Uint8Array>({ cancel: () => void (letGo += 1) }, { highWaterMark: 0 });
  const open = async () => ({ body, partial: true });
  const file = { path, bytes: 1e6, sha256: sha256(gguf), name: "m" };
  await expect(download({ open, onProgress: () => {} }, file)).rejects.toThrow("EISDIR");
  expect(letGo).toBe(1);
});

test.each([
  ["missing.gguf", "is not there"],
  ["weights.gguf", "is no GGUF file"],
])("a file here that is none: %s", async (file, words) => {
  writeFileSync(join(dir, "weights.gguf"), "PK\x03\x04 pickled");
  expect(await fault(fetched("http://127.0.0.1:1", file))).toMatchObject({
    code: "model-file",
    message: expect.stringContaining(words),
  });
});

test("a lock file that is none stops before anything is fetched", async () => {
  writeFileSync(join(dir, "cadre.lock"), "{}");
  const { url, seen } = await hub();
  expect((await fault(fetched(url))).code).toBe("config-invalid");
  expect(seen).toEqual([]);
});
