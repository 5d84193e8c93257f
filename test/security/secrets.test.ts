/**
 * R8, RELIABILITY 10: canaries in the environment, in the home folder, in a file of the project, in the brief, in what a model says and in what
 * a person answers. None of them is found in a prompt, an event, the database, the journal, the output of a command, a notice, a stream, or the
 * environment of a process that was started.
 */
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import type { ModelRequest, RoleModel } from "../../src/models/model.ts";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { writeMcpProject } from "../fixtures/mcp-project.ts";
import { modeText } from "../fixtures/line-harness.ts";

const found = bubblewrap({ node: process.execPath }).available();
const noSandbox = "no" in found ? found.no : null;
if (noSandbox !== null) console.warn(`SKIPPED: canaries around commands: ${noSandbox}`);

/** Known by their variables. */
const canaries = {
  HF_TOKEN: "hf_CANARYa1b2c3d4e5",
  GITHUB_TOKEN: "ghp_CANARYf6g7h8i9j0",
  CANARY_TOKEN: "canary-4711-secret",
  NOTICE_TOKEN: "CANARYnotice0815",
  SERVICE_API_KEY: "CANARYkey-99-abcdef",
} as const;
/** Known to nobody: they must not be reached. */
const hidden = { cache: "hf_HIDDENCANARY1234", ssh: "HIDDENCANARYssh5678" } as const;
const everything = [...Object.values(canaries), ...Object.values(hidden)];

let dir: string;
let cadre: Cadre;
let before: Record<string, string | undefined>;

beforeEach(() => {
  dir = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), "cadre-secrets-")));
  before = { ...process.env };
  Object.assign(process.env, canaries, { HOME: join(dir, "home") });
  for (const folder of ["home/.cache/huggingface", "home/.ssh", "project/data"])
    fs.mkdirSync(join(dir, folder), { recursive: true });
  fs.writeFileSync(join(dir, "home/.cache/huggingface/token"), hidden.cache);
  fs.writeFileSync(join(dir, "home/.ssh/id"), hidden.ssh);
  const leak = Object.values(canaries).flatMap((value) => [
    `plain ${value}`,
    `json ${JSON.stringify({ value })}`,
    `basic ${Buffer.from(`maya:${value}`).toString("base64")}`,
    `hex ${Buffer.from(value).toString("hex")}`,
  ]);
  fs.writeFileSync(join(dir, "project/data/leak.txt"), `${leak.join("\n")}\n`);
  fs.symlinkSync(join(dir, "home"), join(dir, "project/home"));
});

afterEach(() => {
  cadre?.close();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  fs.rmSync(dir, { recursive: true, force: true });
});

const listener = ["/bin/sh", "-c", "cat >> heard"];

function project(): void {
  const place = join(dir, "project");
  writeMcpProject(place, {
    server: { roles: ["lead"] },
    workflow: {
      entry: "lead",
      signOff: false,
      commands: {
        allow: [
          ["cat", "..."],
          ["sh", "..."],
        ],
      },
    },
  });
  const groups = ["read", "edit", "command", "mcp", "communication", "completion"];
  for (const old of ["hand", "other", "plain"]) fs.rmSync(join(place, `modes/${old}.md`));
  fs.writeFileSync(join(place, "modes/lead.md"), modeText("lead", "020-lead", { escalates: ["user"], groups }));
  const config = JSON.parse(fs.readFileSync(join(place, "cadre.yaml"), "utf8")) as Record<string, unknown>;
  const notify = [{ command: listener }, { url: "http://127.0.0.1:9/hook", token: "NOTICE_TOKEN" }];
  fs.writeFileSync(join(place, "cadre.yaml"), JSON.stringify({ ...config, notify }));
}

const all = Object.values(canaries).join(" ");
const probe = "env; cat /proc/*/environ; cat /root/.cache/huggingface/token $HOME/.cache/huggingface/token";
const report = { summary: `done with ${all}`, criteria: [], artifacts: [], limitations: [all] };

/** Speaks one character at a time, and puts every secret that it could have learnt into everything it says. */
function babbler(requests: ModelRequest[]): RoleModel {
  const calls: readonly (readonly [string, unknown])[] = [
    ["read_file", { path: "data/leak.txt" }],
    ["search_files", { regex: "CANARY" }],
    ["read_file", { path: "home/.ssh/id" }],
    ["execute_command", { command: ["cat", "data/leak.txt"] }],
    ["execute_command", { command: ["sh", "-c", `${probe} ${dir}/home/.ssh/id; sleep 0.2`] }],
    [
      "execute_command",
      {
        command: [
          "sh",
          "-c",
          'while read l; do printf %s "$l" | head -c 9; sleep 0.01; printf \'%s\\n\' "$l" | tail -c +10; done < data/leak.txt',
        ],
      },
    ],
    ["box__environment", {}],
    ["write_to_file", { path: "notes.md", content: `the token is ${canaries.HF_TOKEN}\n` }],
    ["ask_followup_question", { question: `is ${all} right?`, options: [canaries.GITHUB_TOKEN, "no"] }],
    ["attempt_completion", report],
  ];
  return {
    id: "babbler",
    tier: "endpoint",
    call: async (request, { onText }) => {
      const turn = request.messages.filter((message) => message.role === "assistant").length;
      requests.push(request);
      const text = `I know ${all}, and in a header: ${Buffer.from(`maya:${canaries.HF_TOKEN}`).toString("base64")}.`;
      for (const character of text) onText?.(character);
      const [name, args] = calls[turn] ?? ["attempt_completion", report];
      const given = (request.tools.find((tool) => tool.name === name)?.schema["required"] ?? []) as string[];
      const taken = given.includes("decision_taken_up")
        ? { decision_taken_up: { chosen: "none of the options", how: all } }
        : {};
      return {
        text,
        calls: [{ id: `c${turn}`, name, args: { ...(args as object), ...taken } }],
        malformed: [],
        finish: "tool_calls",
        usage: { promptTokens: 1, completionTokens: 1, cachedTokens: 0, measured: true },
      };
    },
  };
}

/** Every file below, but for the run's copy of the project, in which the project's own file lies. */
function filesWith(canary: string, folder: string): string[] {
  return fs
    .globSync("**/*", {
      cwd: folder,
      withFileTypes: true,
      exclude: (entry) => entry.name === "tree" || entry.name === ".contents",
    })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => fs.readFileSync(file).includes(canary));
}

/** The environments of this process's descendants, as the system shows them. */
function environments(): string[] {
  const parents = new Map<string, string>();
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const status = readOr(`/proc/${pid}/stat`);
    parents.set(pid, /^\d+ \(.*\) \S (\d+)/s.exec(status)?.[1] ?? "");
  }
  const ours = (pid: string): boolean => {
    const parent = parents.get(pid);
    return parent === String(process.pid) || (parent !== undefined && parent !== "" && parent !== "0" && ours(parent));
  };
  return [...parents.keys()].filter(ours).map((pid) => readOr(`/proc/${pid}/environ`));
}

function readOr(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

test.skipIf(noSandbox !== null)(
  "row 10 R8 no canary is found anywhere that a run writes, says or starts",
  { timeout: 60_000 },
  async () => {
    project();
    const requests: ModelRequest[] = [];
    const streamed: string[] = [];
    const seen: string[] = [];
    const data = join(dir, "data");
    cadre = openCadre({ dir: join(dir, "project"), data, journal: join(dir, "journal"), model: babbler(requests) });
    const brief = readBrief(`Task: Use ${canaries.HF_TOKEN} and ${canaries.SERVICE_API_KEY} as you like.`, null).brief;
    const run = await cadre.start(brief as Brief, { by: "tester" });
    const look = setInterval(() => seen.push(...environments()), 20);
    try {
      const waiting = await cadre.advance(run.id, { onText: (_role, text) => streamed.push(text) });
      expect(waiting.asks).toMatchObject([{ kind: "question" }]);
      await cadre.decide(waiting.asks[0]!.id, { verb: "answer", text: `yes: ${all}`, by: "tester", face: "test" });
      const ended = await cadre.advance(run.id, { onText: (_role, text) => streamed.push(text) });
      expect(ended.status).toBe("finished");
    } finally {
      clearInterval(look);
    }
    const events = JSON.stringify(await cadre.store.runEvents(run.id));
    const effects = JSON.stringify(await cadre.store.effects(run.id));
    cadre.close();

    // Everything was tried, and what was taken out is named.
    expect(requests).toHaveLength(10);
    for (const name of Object.keys(canaries)) expect(events, name).toContain(`[${name}]`);
    expect(streamed.join("")).toContain("I know [HF_TOKEN] [GITHUB_TOKEN]");
    const tree = join(data, "workspaces", run.id, "tree");
    expect(fs.readFileSync(join(tree, "notes.md"), "utf8")).toBe("the token is [HF_TOKEN]\n");
    expect(fs.readFileSync(join(tree, "data/leak.txt"), "utf8")).toContain(canaries.HF_TOKEN); // the project's file is as it is
    const outputs = fs.readdirSync(join(data, "workspaces", run.id, "output"));
    expect(outputs).toHaveLength(3);
    expect(seen.filter((environment) => environment.includes("PATH=")).length).toBeGreaterThan(0);

    const server = seen.filter((environment) => environment.includes(canaries.CANARY_TOKEN)); // was given it by name
    for (const canary of everything) {
      for (const [what, text] of Object.entries({
        prompts: JSON.stringify(requests),
        events,
        effects,
        stream: streamed.join(""),
      }))
        expect(text.includes(canary), `${canary} in ${what}`).toBe(false);
      for (const folder of ["data", "journal"]) expect(filesWith(canary, join(dir, folder)), canary).toEqual([]);
      expect(readOr(join(dir, "project/heard")).includes(canary), `${canary} in a notice`).toBe(false);
      const others = seen.filter((environment) => !server.includes(environment));
      expect(
        others.some((environment) => environment.includes(canary)),
        `${canary} in an environment`,
      ).toBe(false);
    }
    for (const environment of server)
      for (const canary of everything)
        if (canary !== canaries.CANARY_TOKEN) expect(environment.includes(canary)).toBe(false);
  },
);

test("R8 what cadre.yaml comes to name while the process goes on is taken out from then on, and stays so", async () => {
  project();
  const place = join(dir, "project");
  const value = "quietkestrel"; // neither called nor looking like a secret
  process.env["CRM_LOGIN"] = value;
  const tellTale: RoleModel = {
    ...babbler([]),
    call: async () => ({
      text: `It is ${value}.`,
      calls: [{ id: "c", name: "attempt_completion", args: { ...report, summary: value } }],
      malformed: [],
      finish: "tool_calls",
      usage: { promptTokens: 1, completionTokens: 1, cachedTokens: 0, measured: true },
    }),
  };
  cadre = openCadre({ dir: place, model: tellTale });
  const told = async (): Promise<string> => {
    const { brief } = readBrief("Task: Look at for lead matters.", null);
    const run = await cadre.start(brief as Brief, { by: "maya" });
    expect((await cadre.advance(run.id)).status).toBe("finished");
    return JSON.stringify(await cadre.store.runEvents(run.id));
  };
  const file = join(place, "cadre.yaml");
  const config = fs.readFileSync(file, "utf8");
  expect(await told()).toContain(value); // nobody said that it is one: what follows would prove nothing otherwise
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(config), hub: { token: "CRM_LOGIN" } }));
  const events = await told();
  expect(events).not.toContain(value);
  expect(events).toContain("[CRM_LOGIN]");
  fs.writeFileSync(file, config);
  expect(await told()).not.toContain(value);
});
