/**
 * Every command, in the groups and the order in which `--help` lists them. Data alone: each command's module is imported only when
 * it runs.
 */
import { chart } from "./command-table/chart.ts";
import { decide } from "./command-table/decide.ts";
import { kickOff } from "./command-table/kick-off.ts";
import { operate } from "./command-table/operate.ts";
import { read } from "./command-table/read.ts";
import type { CommandSpec } from "./command-table/command-spec.ts";

export type CommandGroup = { readonly title: string; readonly commands: readonly CommandSpec[] };

export const groups: readonly CommandGroup[] = [
  { title: "Kick off", commands: kickOff },
  { title: "Read", commands: read },
  { title: "Decide", commands: decide },
  { title: "Look at the chart", commands: chart },
  { title: "Operate", commands: operate },
];

export const commands: readonly CommandSpec[] = groups.flatMap((group) => group.commands);
