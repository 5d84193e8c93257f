/** Findings for programs: editors and scripts (`unix`), annotations of a pull request (`github`), code scanning (`sarif`). Pure. */
import type { Problem, Severity } from "../documents/problem.ts";
import { rules, type RuleCode } from "../documents/rules.ts";
import { visible } from "../views/escape.ts";

export const lintFormats = ["pretty", "tabs", "unix", "github", "sarif", "json"] as const;
export type LintFormat = (typeof lintFormats)[number];

export function unixLine({ file, line, column, severity, message, code }: Problem): string {
  return `${visible(file)}:${line}:${column}: ${severity}: ${visible(message)} [${code}]`;
}

const commands: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

/** A workflow command: what it says may hold no line break, and its properties no colon and no comma. */
export function githubLine({ file, line, column, severity, message, hint, code }: Problem): string {
  const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  const said = hint === undefined ? message : `${message}\n${hint}`;
  return `::${commands[severity]} file=${property(file)},line=${line},col=${column},title=${property(code)}::${data(said)}`;
}

const levels: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "note" };

/** SARIF 2.1.0, with the rules that found something. */
export function sarifLog(problems: readonly Problem[], version: string): Record<string, unknown> {
  const codes = [...new Set(problems.map(({ code }) => code))].toSorted();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "cadre", version, rules: codes.map(sarifRule) } },
        columnKind: "utf16CodeUnits",
        results: problems.map(({ code, severity, message, hint, file, line, column }) => ({
          ruleId: code,
          level: levels[severity],
          message: { text: hint === undefined ? message : `${message} ${hint}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: file.split("/").map(encodeURIComponent).join("/") },
                region: { startLine: line, startColumn: column },
              },
            },
          ],
        })),
      },
    ],
  };
}

function sarifRule(code: RuleCode): Record<string, unknown> {
  return { id: code, shortDescription: { text: rules[code].wants } };
}
