/** Takes the values of named variables out of whatever a server says (R8): some print their environment when they fail. */

/** Shorter values (`C`, `1`, `en`) are no secrets, and taking them out would tear words apart. */
const shortest = 6;

/** A function that puts `[NAME]` where the value of the variable NAME stands, also as JSON or in an address. */
export function secretRemover(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const spellings = names
    .flatMap((name) => {
      const value = env[name]?.trim() ?? "";
      if (value.length < shortest) return [];
      const quoted = JSON.stringify(value).slice(1, -1);
      const base64 = Buffer.from(value).toString("base64");
      return [value, quoted, encodeURIComponent(value), base64].map((spelling) => ({ name, spelling }));
    })
    // The longest first: one secret may be the beginning of another.
    .toSorted((a, b) => b.spelling.length - a.spelling.length);
  return (text) => spellings.reduce((left, { name, spelling }) => left.replaceAll(spelling, `[${name}]`), text);
}
