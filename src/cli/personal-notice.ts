/**
 * What roles with models elsewhere may be about to read: said before the first step. Nothing is held up: a role reads whole files, and whoever
 * starts the run knows what is in them.
 */
import type { Brief } from "../briefs/brief.ts";
import { readConfig, type Config } from "../config/config.ts";
import { lexicalRouting } from "../config/routing.ts";
import { isLoopback } from "../endpoint-url.ts";
import { hubRouter, resolveModel, type ModelSpec } from "../models/resolve.ts";
import { decodeText, readWhole } from "../tools/read-bytes.ts";
import { isPathError } from "../tools/safe-files.ts";
import { PersonalCount } from "../tools/screen/leaving-host.ts";

const mostBytes = 8 * 1024 * 1024;

/** Sentences; none where every model is on this machine, or nothing was found. `flag`: what `--model` says. */
export function personalNotice(dir: string, brief: Brief, flag: string | null): string[] {
  const hosts = hostsOf(dir, flag);
  if (hosts.length === 0) return [];
  const count = new PersonalCount();
  addBrief(count, dir, brief);
  for (const { path } of brief.inputs) add(count, path, textOf(dir, path));
  return count
    .found()
    .map(
      ({ kind, count: times, places }) =>
        `${times} × ${kind} (${places}) may be read by roles whose models are at ${hosts.join(", ")}`,
    );
}

/** By the lines of its file, where the project holds it. */
function addBrief(count: PersonalCount, dir: string, { file, title, task, why, where, when }: Brief): void {
  const text = file === null ? "" : textOf(dir, file);
  if (file !== null && text !== "") add(count, file, text);
  else for (const line of [title, task, why, where, when].join("\n").split("\n")) count.add(line, () => "the brief");
}

function add(count: PersonalCount, name: string, text: string): void {
  for (const [index, line] of text.split("\n").entries()) count.add(line, () => `${name}:${index + 1}`);
}

/** Empty for what is no text, is too large, or is not there: the run itself says that. */
function textOf(dir: string, path: string): string {
  try {
    return decodeText(readWhole(dir, path, mostBytes)) ?? "";
  } catch (error) {
    if (isPathError(error)) return "";
    throw error;
  }
}

/** Where models may be asked, but for this machine. */
function hostsOf(dir: string, flag: string | null): readonly string[] {
  const { config } = readConfig(dir);
  const names = flag === null ? Object.keys(config.models) : [flag, ...askedBeside(config, flag)];
  const hosts = names.flatMap((name) => {
    const host = hostOf(resolveModel(config, { role: "", rank: "", flag: name }));
    return host === null ? [] : [host];
  });
  return [...new Set(hosts)].toSorted();
}

/** `--model` says who plays the roles, not who is asked about routes. */
function askedBeside({ routing }: Config, flag: string): string[] {
  return routing === undefined || routing.model === lexicalRouting || flag === "rehearsal" ? [] : [routing.model];
}

function hostOf(spec: ModelSpec): string | null {
  if (spec.kind !== "endpoint" && spec.kind !== "hf") return null;
  const url = new URL(spec.kind === "endpoint" ? spec.url : hubRouter);
  return isLoopback(url) ? null : url.host;
}
