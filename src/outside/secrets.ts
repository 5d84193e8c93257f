/**
 * Takes secrets out of texts before they reach a prompt, a log or a stream (R8).
 *
 * K1. Known are the values of the variables that cadre.yaml names as tokens, and of whatever else it names or the environment holds that is
 *     called like a secret (TOKEN, API_KEY and so on) or looks like one. Values that are too short or too plain stay: taking `true` out
 *     would tear words apart.
 * K2. A value is found as it is, in JSON, in an address, in base64 (wherever it begins there) and in hexadecimal figures.
 * K3. A stream gives the same text as the whole would, however it is cut: what could still become a secret is held back.
 */

/** Shorter values (`C`, `1`, `en`) are no secrets. */
const shortest = 6;
/** Of variables that nobody named: those called so, if their value looks like a secret. */
const secretName = /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY/i;

type Environment = Readonly<Record<string, string | undefined>>;
type Spelling = { readonly name: string; readonly spelling: string };

/** Takes texts in pieces, and gives them on in others. */
export interface SecretStream {
  push(piece: string): string;
  /** What was held back; once, at the end. */
  end(): string;
}

export interface Secrets {
  /** No secret is known: every text stays as it is. */
  readonly none: boolean;
  /** `[NAME]` where the value of the variable NAME stood. */
  clean(text: string): string;
  /** Every text in a JSON value; keys too. */
  cleanJson<Value>(value: Value): Value;
  stream(): SecretStream;
  /** The same for bytes, as `latin1` has them: what a program writes need not be text. */
  byteStream(): SecretStream;
}

export type SecretNames = {
  /** Variables whose values are secrets whatever they are. */
  readonly tokens: readonly string[];
  /** Variables that may hold one: if their value looks like it. */
  readonly maybe: readonly string[];
};

export function openSecrets(names: SecretNames, env: Environment): Secrets {
  const spellings = spellingsOf(names, env);
  const bytes = spellings.map(({ name, spelling }) => ({ name, spelling: Buffer.from(spelling).toString("latin1") }));
  const none = spellings.length === 0;
  const clean = replacing(spellings);
  return {
    none,
    clean,
    cleanJson: (value) => (none ? value : (cleanedJson(value, clean) as typeof value)),
    stream: () => streaming(spellings),
    byteStream: () => streaming(bytes),
  };
}

/** Of texts of a server: only what it was given can be in them. */
export function secretRemover(names: readonly string[], env: Environment): (text: string) => string {
  return replacing(
    named(names, env)
      .flatMap(({ name, value }) => spelled(name, value))
      .toSorted(longestFirst),
  );
}

function spellingsOf({ tokens, maybe }: SecretNames, env: Environment): Spelling[] {
  const called = Object.keys(env).filter((name) => secretName.test(name));
  const like = [...called, ...maybe].filter((name) => looksSecret(env[name]?.trim() ?? ""));
  return named([...new Set([...tokens, ...like])], env)
    .flatMap(({ name, value }) => spelled(name, value))
    .toSorted(longestFirst);
}

function named(names: readonly string[], env: Environment): { readonly name: string; readonly value: string }[] {
  return names.flatMap((name) => {
    const value = env[name]?.trim() ?? "";
    return value.length < shortest ? [] : [{ name, value }];
  });
}

/** K1. The path of an agent's socket is called like a secret and is none; an address that holds a password is one. */
function looksSecret(value: string): boolean {
  if (/:\/\/[^/\s]*:[^/\s]+@/.test(value)) return true;
  return value.length >= 12 && !/[\s/\\]/.test(value) && (/\d/.test(value) || value.length >= 20);
}

/** The longest first: one secret may be the beginning of another. */
function longestFirst(one: Spelling, other: Spelling): number {
  return other.spelling.length - one.spelling.length;
}

/** K2. */
function spelled(name: string, value: string): Spelling[] {
  const hex = Buffer.from(value).toString("hex");
  const all = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString("base64"),
    ...inBase64(value),
    hex,
    hex.toUpperCase(),
  ];
  return [...new Set(all)].map((spelling) => ({ name, spelling }));
}

/** What of a value's base64 does not depend on what stands before and after it, for each of the three places where it may begin. */
function inBase64(value: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const whole = Math.floor(bytes.length / 3) * 4;
    const text = bytes.toString("base64").slice(before === 0 ? 0 : 4, whole);
    const url = text.replaceAll("+", "-").replaceAll("/", "_");
    return text.length < 12 ? [] : [text, url];
  });
}

function patternOf(spellings: readonly Spelling[]): RegExp | null {
  if (spellings.length === 0) return null;
  return new RegExp(spellings.map(({ spelling }) => escaped(spelling)).join("|"), "g");
}

/** `RegExp.escape` is younger than the oldest Node that cadre runs on. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function replacing(spellings: readonly Spelling[]): (text: string) => string {
  const pattern = patternOf(spellings);
  if (pattern === null) return (text) => text;
  const names = new Map(spellings.map(({ name, spelling }) => [spelling, name]));
  return (text) => text.replace(pattern, (found) => `[${names.get(found)}]`);
}

function cleanedJson(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === "string") return clean(value);
  if (Array.isArray(value)) return value.map((each) => cleanedJson(each, clean));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [clean(key), cleanedJson(each, clean)]));
}

/** K3: a place is decided once the longest spelling would fit behind it. */
function streaming(spellings: readonly Spelling[]): SecretStream {
  const pattern = patternOf(spellings);
  if (pattern === null) return { push: (piece) => piece, end: () => "" };
  const names = new Map(spellings.map(({ name, spelling }) => [spelling, name]));
  const longest = Math.max(...spellings.map(({ spelling }) => spelling.length));
  let held = "";
  const give = (decided: number): string => {
    let given = "";
    let at = 0;
    for (;;) {
      pattern.lastIndex = at;
      const found = pattern.exec(held);
      if (found === null || found.index >= decided) break;
      given += `${held.slice(at, found.index)}[${names.get(found[0])}]`;
      at = found.index + found[0].length;
    }
    const end = Math.max(at, decided);
    given += held.slice(at, end);
    held = held.slice(end);
    return given;
  };
  return {
    push: (piece) => {
      held += piece;
      return held.length < longest ? "" : give(held.length - longest + 1);
    },
    end: () => give(held.length),
  };
}
