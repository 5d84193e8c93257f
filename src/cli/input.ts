/** What commander read from a command line, asked for by name and type, so that no command has to cast. */
import { CadreError } from "../errors.ts";

export type Input = {
  /** Positional arguments in order; a variadic one is a list; a missing one is undefined. */
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
};

export function word(input: Input, at: number): string | undefined {
  const value = input.args[at];
  return typeof value === "string" ? value : undefined;
}

export function words(input: Input, at: number): readonly string[] {
  const value = input.args[at];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function option(input: Input, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === "string" ? value : undefined;
}

export function flag(input: Input, name: string): boolean {
  return input.options[name] === true;
}

/** One of a few words. Errors: usage. */
export function choice<Word extends string>(input: Input, name: string, among: readonly Word[], otherwise: Word): Word {
  const value = option(input, name);
  if (value === undefined) return otherwise;
  const found = among.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const spelled = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new CadreError("usage", `${spelled} "${value}" is none of ${among.join(", ")}`, {
    hint: `for example ${spelled} ${among[0] ?? ""}`,
  });
}

/** A whole number, 0 or more. Errors: usage. */
export function count(input: Input, name: string, spelled: string, example = 10): number | undefined {
  const value = option(input, name);
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new CadreError("usage", `${spelled} "${value}" is not a whole number`, {
    hint: `for example ${spelled} ${example}`,
  });
}

/** A number above 0, with six digits behind the point at most. Errors: usage. */
export function amount(input: Input, name: string, spelled: string): number | undefined {
  const value = option(input, name);
  if (value === undefined) return undefined;
  if (/^\d{1,15}(\.\d{1,6})?$/.test(value)) return Number(value);
  throw new CadreError("usage", `${spelled} "${value}" is not a number`, { hint: `for example ${spelled} 10` });
}
