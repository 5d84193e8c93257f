/**
 * Tells whoever cadre.yaml names of what waits for a person: at least once, and recorded.
 *
 * T1. What is due follows from the open asks at every look, so a process that was not there when an ask was raised makes up for it.
 * T2. One attempt is begun, made and settled before the next (`store/notices.ts`): a crash repeats at most one.
 * T3. A notice that fails fails nothing else: it is tried again a little later here, and after that by whoever looks next.
 * T4. Who cannot be told of one ask is not tried for the others of the same look: a look takes bounded time, however many asks wait.
 */
import type { Clock } from "../clock.ts";
import type { Config } from "../config/config.ts";
import type { NoticeTarget } from "../config/outside.ts";
import { hashOf } from "../canonical.ts";
import { secretRemover } from "../outside/secrets.ts";
import type { NoticeKey, NoticeStore } from "../store/outbox.ts";
import type { AskRow } from "../store/rows.ts";
import { noticeText } from "./notice.ts";
import { occasionsOf } from "./occasions.ts";
import type { Sent } from "./send.ts";

export type TellDeps = {
  readonly store: Pick<NoticeStore, "beginNotice" | "settleNotice">;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly send: (target: NoticeTarget, id: string, text: string) => Promise<Sent>;
  readonly pause: (ms: number) => Promise<void>;
};

export type Told = { readonly told: number; readonly failed: number };

/** Pauses before further attempts of this very call, in ms. */
const soon = [200, 1000];
/** ms until somebody may try again, by attempts made; the last for all further ones. */
const later = [10_000, 60_000, 300_000, 1_800_000, 7_200_000];

/** Everything that is due of these asks and has not been told. */
export async function tellDue(deps: TellDeps, config: Config, asks: readonly AskRow[]): Promise<Told> {
  const clean = secretRemover(namedVariables(config), deps.env);
  const sum = { told: 0, failed: 0 };
  for (const target of config.notify) {
    for (const ask of asks) {
      const outcome = await tellOfAsk(deps, target, ask, clean);
      sum.told += outcome.told;
      sum.failed += outcome.failed;
      if (outcome.failed > 0) break; // T4
    }
  }
  return sum;
}

async function tellOfAsk(
  deps: TellDeps,
  target: NoticeTarget,
  ask: AskRow,
  clean: (text: string) => string,
): Promise<Told> {
  let told = 0;
  for (const occasion of occasionsOf(ask, deps.clock.now(), target.before * 60_000)) {
    const text = noticeText(ask, occasion, { link: target.link ?? null, clean });
    const ok = await tellOne(deps, target, { ask: ask.id, occasion, target: targetId(target) }, text);
    if (ok === false) return { told, failed: 1 };
    if (ok) told += 1;
  }
  return { told, failed: 0 };
}

/** The same for as long as the operator names the same command or address. */
export function targetId({ command, url }: Pick<NoticeTarget, "command" | "url">): string {
  return hashOf({ command, url }).slice(0, 16);
}

/** True: told now. False: not told. Null: nothing to do, somebody did or does it, or its time has not come. */
async function tellOne(deps: TellDeps, target: NoticeTarget, key: NoticeKey, text: string): Promise<boolean | null> {
  const busyMs = target.timeoutSeconds * 1000 + 5000;
  const id = `${key.ask}/${key.occasion}`;
  for (let tries = 0; ; tries += 1) {
    const attempt = await deps.store.beginNotice(key, deps.clock.now(), busyMs);
    if (attempt === null) return tries === 0 ? null : false;
    const sent = await deps.send(target, id, text);
    const wait = sent.late ? undefined : soon[tries];
    const again = wait === undefined ? laterBy(attempt) : 0;
    await deps.store.settleNotice(key, sent.words, sent.ok ? null : again, deps.clock);
    if (sent.ok) return true;
    if (wait === undefined) return false;
    await deps.pause(wait);
  }
}

/** Counted in attempts, of which one look makes up to three. */
function laterBy(attempt: number): number {
  return later[Math.floor((attempt - 1) / (soon.length + 1))] ?? (later.at(-1) as number);
}

/** Every variable that cadre.yaml names, and the one that is read where it names none: what they hold is nobody's to see. */
export function namedVariables({ models, mcp, notify, hub }: Config): string[] {
  const servers = Object.values(models).flatMap((model) => (model.tier === "embedded" ? [] : [model]));
  const tokens = [...servers, ...Object.values(mcp.servers), ...notify, hub].map((each) => each?.token);
  const passedOn = [...Object.values(mcp.servers), ...notify].flatMap((each) => each.env);
  return [...new Set([...tokens.filter((name) => name !== undefined), ...passedOn, "HF_TOKEN"])];
}
