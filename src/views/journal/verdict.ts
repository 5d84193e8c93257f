/** What a verification came to, as it stands on a task's page and in the outcome: by whom, criterion by criterion, and what the check gave. */
import type { EventOf } from "../../events/event.ts";
import { titled } from "./parts.ts";
import { block, code, inline, table } from "../markdown.ts";

type Verified = EventOf<"report_verified">;

const words = { accept: "Accepted", return: "Returned", not_verified: "Not verified" } as const;
const judged = { holds: "holds", fails: "**fails**", open: "not verified" } as const;
const checked = { passed: "passed", failed: "**failed**", not_run: "not run, so not verified" } as const;

/** `Accepted by **reader**.` */
export function verdictLine({ verdict, role }: Verified): string {
  return verdict === "not_verified" ? `*${words[verdict]}.*` : `${words[verdict]} by **${inline(role)}**.`;
}

export function verdictBlocks(heading: string, event: Verified): string[][] {
  const rows = event.criteria.map(({ id, verdict, reason }) => [code(id), judged[verdict], inline(reason)]);
  const { check } = event;
  return [
    [heading],
    [verdictLine(event)],
    block(event.summary),
    ...titled(`${heading.replace(/ .*/, "")}# Criterion by criterion`, table(["", "Verdict", "Because"], rows)),
    ...(check === null
      ? []
      : [
          [
            `Check ${code(check.command.join(" "))}: ${checked[check.state]} (${inline(check.reason)})${check.effect === null ? "" : `, receipt ${code(check.effect)}`}.`,
          ],
        ]),
  ];
}
