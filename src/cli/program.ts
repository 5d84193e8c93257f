/** The command line as commander sees it: global options, help that teaches, and errors with the exit codes of the table. */
import { Command, CommanderError, Help, Option, type Argument } from "commander";
import { CadreError } from "../errors.ts";
import { commands, groups } from "./command-table.ts";
import type { CommandSpec } from "./command-table/command-spec.ts";
import { configuredPlaces, openContext, spellingFor, type Places } from "./context.ts";
import { reportError, type Standpoint } from "./errors.ts";
import { openOutput, type Output } from "./output.ts";
import { packageVersion } from "./package-files.ts";

/** Parses and runs one command line (without node and script). Returns the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const by = process.env["CADRE_HANDED_OVER_BY"];
  if (by !== undefined) (await import("./signals.ts")).heedWhoHandedOver(by);
  const early = earlyOptions(argv);
  const output = openOutput(early, process.stdout, process.stderr);
  let code = 0;
  const program = buildProgram(argv, output, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === "commander.help" && error.exitCode !== 0) {
        program.outputHelp();
        return 0;
      }
      // Help and version end here too; commander has printed them.
      return error.exitCode === 0 ? 0 : reportError(usageError(error, argv), output, standpoint(program));
    }
    return reportError(error, output, standpoint(program));
  }
}

function standpoint(program: Command): Standpoint {
  const { dir, data, journal } = program.opts<Record<keyof Places, string | undefined>>();
  return { dir: dir ?? hereOrTop(), command: spellingFor(withoutUndefined({ dir, data, journal })) };
}

/** Also the folder that a command was started in may be gone; that is what the error is about then. */
function hereOrTop(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

/** Output is needed before commander has read anything: its own errors go through it. */
function earlyOptions(argv: readonly string[]): Parameters<typeof openOutput>[0] {
  const end = argv.indexOf("--");
  const options = end === -1 ? argv : argv.slice(0, end);
  const at = options.findIndex((text) => text === "--fields" || text.startsWith("--fields="));
  const fields = at === -1 ? undefined : (options[at]?.split("=", 2)[1] ?? options[at + 1]);
  return {
    json: options.includes("--json"),
    quiet: options.includes("--quiet") || options.includes("-q"),
    verbose: options.includes("--verbose"),
    fields: fields === undefined ? null : fields.split(",").map((name) => name.trim()),
  };
}

function buildProgram(argv: readonly string[], output: Output, done: (code: number) => void): Command {
  const program = new Command("cadre")
    .description("An org chart for AI agents that holds: roles in Markdown, work down, trouble up, results back.")
    .usage("[options] <command>")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "explain a command")
    .addHelpCommand(new Command("help").argument("[command]").description("explain a command").helpGroup("Operate:"))
    .addOption(new Option("--dir <folder>", "the project: where modes/, graphs/ and cadre.yaml are (default: here)"))
    .addOption(new Option("--data <folder>", "database and workspaces (default: .cadre/ in the project)"))
    .addOption(new Option("--journal <folder>", "where journals are written (default: journal/ in the project)"))
    .addOption(new Option("--json", "one JSON document with a schema field; one object per line while a run moves"))
    .addOption(new Option("--fields <a,b>", "only these columns of a list, in this order"))
    .addOption(new Option("-q, --quiet", "no progress"))
    .addOption(new Option("--verbose", "more detail; a stack trace for faults of cadre's own"))
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureHelp({
      sortSubcommands: false,
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" "),
      formatHelp: (command, helper) => optionsLast(Help.prototype.formatHelp.call(helper, command, helper)),
    })
    .configureOutput({
      writeOut: (text) => output.line(text.replace(/\n$/, "")),
      // Printed by reportError instead, in the one form that errors have.
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => output.width ?? 100,
    })
    .addHelpText("after", firstMinute);
  for (const { title, commands: specs } of groups) {
    for (const spec of specs) addCommand(program, title, { ...spec, named: argv.includes(spec.name) }, output, done);
  }
  return program;
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** What can be done is read first; options are looked up. */
function optionsLast(help: string): string {
  const blocks = help.trimEnd().split("\n\n");
  const isOptions = (block: string): boolean => block.startsWith("Options:");
  return `${[...blocks.filter((block) => !isOptions(block)), ...blocks.filter(isOptions)].join("\n\n")}\n`;
}

const firstMinute = `
First minute:
  npx cadre run briefs/vietnamese-reviews.md   the shipped brief, as a rehearsal: no model is called
  npx cadre inbox                              what waits for you
  npx cadre answer @waiting "..."              answer it; the run goes on from its checkpoint
  npx cadre trace @latest                      who turned to whom, why, by which rule

Exit codes: 0 done · 1 failed, or lint errors · 2 usage or configuration · 4 not authorised · 5 conflict or stale ·
            8 waiting for a person · 130 interrupted`;

function addCommand(
  program: Command,
  group: string,
  spec: CommandSpec & { readonly named: boolean },
  output: Output,
  done: (code: number) => void,
): void {
  const command = program
    .command(spec.name)
    .summary(spec.summary)
    .description(spec.details === undefined ? sentence(spec.summary) : `${sentence(spec.summary)}\n\n${spec.details}`)
    .helpGroup(`${group}:`);
  for (const [name, description] of spec.args ?? []) command.argument(name, description);
  // What the list of all commands does not show: a command that is not named is neither run nor explained.
  if (!spec.named) return;
  for (const [flags, description] of spec.options ?? []) command.option(flags, description);
  const examples = (spec.examples ?? []).map(([text, what]) => `  npx cadre ${text}\n      ${what}`);
  command.addHelpText(
    "after",
    `${examples.length === 0 ? "" : `\nExamples:\n${examples.join("\n")}\n`}\nGlobal options: --dir --data --journal --json --fields --quiet --verbose (see npx cadre --help)`,
  );
  command.action(async (...received: unknown[]) => {
    const args = received.slice(0, -2);
    const options = command.optsWithGlobals<Record<string, unknown>>();
    const text = (name: string): string | undefined => {
      const value = options[name];
      return typeof value === "string" ? value : undefined;
    };
    const given = withoutUndefined({ dir: text("dir"), data: text("data"), journal: text("journal") });
    const context = openContext(given, await configuredPlaces(given.dir, spec.needs), output, () => process.stdin);
    const handler = await spec.load();
    done(await handler(context, { args, options }));
  });
}

function withoutUndefined(places: Record<keyof Places, string | undefined>): Places {
  return Object.fromEntries(Object.entries(places).filter(([, value]) => value !== undefined));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Commander's messages, without its prefix, and with what to do. */
function usageError(error: CommanderError, argv: readonly string[]): CadreError {
  const [first = "", suggestion = ""] = error.message.replace(/^error: /, "").split("\n");
  const spec = argv.flatMap((text) => commands.filter(({ name }) => name === text)).at(0);
  const help = `\`npx cadre ${spec === undefined ? "" : `${spec.name} `}--help\` says what there is`;
  const meant = /Did you mean (.*)\?/.exec(suggestion)?.[1];
  const example = error.code === "commander.missingArgument" ? spec?.examples?.[0]?.[0] : undefined;
  return new CadreError("usage", first, {
    hint: `${meant === undefined ? "" : `did you mean ${meant}? `}${example === undefined ? "" : `for example: npx cadre ${example}\n`}${help}`,
    data: { argument: error.code },
  });
}
