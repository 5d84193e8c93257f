/**
 * Text that looks like personal data: e-mail addresses, telephone numbers, bank and card numbers, national ids that have check digits.
 *
 * P1. Where a number has check digits they are reckoned: a number that does not add up is no finding.
 * P2. What is found is shown masked. A name, an address or an opinion is not found: this is no anonymiser, and says so where it is used.
 * P3. Every pattern is bounded, so that no text takes long.
 */

export type PersonalKind = "e-mail address" | "telephone number" | "IBAN" | "card number" | "national id";

export type PersonalFinding = {
  readonly kind: PersonalKind;
  /** Offset in the text. */
  readonly at: number;
  readonly masked: string;
};

type Rule = { readonly kind: PersonalKind; readonly pattern: RegExp; readonly holds: (found: string) => boolean };

const always = (): boolean => true;

const rules: readonly Rule[] = [
  {
    kind: "e-mail address",
    pattern:
      /(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-])/g,
    holds: always,
  },
  {
    kind: "IBAN",
    pattern: /(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Z0-9])/g,
    holds: isIban,
  },
  {
    kind: "national id",
    pattern: /(?<![A-Za-z0-9])(?:\d{8}|[XYZ]\d{7})[A-HJ-NP-TV-Z](?![A-Za-z0-9])/g,
    holds: isSpanishId,
  },
  {
    kind: "national id",
    pattern: /(?<![A-Za-z0-9])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9])/g,
    holds: isItalianCode,
  },
  {
    kind: "national id",
    pattern: /(?<![\dA-Za-z])[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?![\dA-Za-z])/g,
    holds: isFrenchNumber,
  },
  { kind: "national id", pattern: /(?<![\dA-Za-z])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\dA-Za-z])/g, holds: isBrazilianNumber },
  { kind: "national id", pattern: /(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])/g, holds: isChineseId },
  { kind: "national id", pattern: /(?<![\dA-Za-z])\d{11}(?![\dA-Za-z])/g, holds: isElevenDigitId },
  { kind: "national id", pattern: /(?<![\dA-Za-z])[2-9]\d{3} \d{4} \d{4}(?![\dA-Za-z]| ?\d)/g, holds: isIndianNumber },
  {
    kind: "card number",
    pattern: /(?<![\dA-Za-z.,])[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![\dA-Za-z]|[.,]\d)/g,
    holds: isCard,
  },
  { kind: "telephone number", pattern: /(?<![\w+.,/-])(?:\+|00)[1-9](?:[ ().-]{0,2}\d){7,14}(?!\d)/g, holds: isPhone },
  {
    kind: "telephone number",
    pattern: /(?<![\w.,:/-])\(?0\d(?:[ ().-]{0,2}\d){7,9}(?![\w]|[.,:-]\d)/g,
    holds: isPhone,
  },
];

/** In the order in which they stand; a place is found once. */
export function findPersonalData(text: string, most = 1000): readonly PersonalFinding[] {
  // Nearly all of these need a figure, and e-mail addresses an @: most texts have neither.
  if (!/[@\d]/.test(text)) return [];
  const found: (PersonalFinding & { readonly end: number })[] = [];
  for (const { kind, pattern, holds } of rules) {
    for (const match of text.matchAll(pattern)) {
      const [whole] = match;
      const end = match.index + whole.length;
      if (found.some((each) => match.index < each.end && end > each.at) || !holds(whole)) continue;
      found.push({ kind, at: match.index, end, masked: masked(kind, whole) });
      if (found.length >= most) break;
    }
  }
  return found.toSorted((a, b) => a.at - b.at).map(({ kind, at, masked: shown }) => ({ kind, at, masked: shown }));
}

/** P2. Enough to find the place again, too little to be of use. */
function masked(kind: PersonalKind, found: string): string {
  if (kind === "e-mail address") return `${found.slice(0, 1)}***@***${found.slice(found.lastIndexOf("."))}`;
  const plain = found.replace(/[^A-Za-z0-9]/g, "");
  return kind === "IBAN" ? `${plain.slice(0, 2)}***${plain.slice(-2)}` : `***${plain.slice(-2)}`;
}

const digitsOf = (text: string): number[] => Array.from(text.replace(/\D/g, ""), Number);

function isIban(text: string): boolean {
  const plain = text.replaceAll(" ", "");
  if (plain.length < 15 || plain.length > 34) return false;
  return remainder(`${plain.slice(4)}${plain.slice(0, 4)}`, 97) === 1;
}

/** Of a long number in which letters count from 10 on. */
function remainder(text: string, by: number): number {
  let rest = 0;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % by;
  }
  return rest;
}

function isCard(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length < 13 || digits.length > 19 || new Set(digits).size < 3) return false;
  const sum = digits
    .toReversed()
    .map((digit, index) => (index % 2 === 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2))
    .reduce((total, digit) => total + digit, 0);
  return sum % 10 === 0;
}

function isPhone(text: string): boolean {
  const digits = digitsOf(text);
  // A date with a time behind it, or a row of the same figure, is none.
  if (/^\d{2}[.-]\d{2}[.-]\d{2,4}/.test(text) || new Set(digits).size < 3) return false;
  return digits.length >= 9 && digits.length <= 15;
}

const spanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE";

function isSpanishId(text: string): boolean {
  const number = Number(text.slice(0, -1).replace("X", "0").replace("Y", "1").replace("Z", "2"));
  return spanishLetters[number % 23] === text.at(-1);
}

const oddValues: readonly number[] = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

function isItalianCode(text: string): boolean {
  const values = Array.from(text.slice(0, 15), (character, index) => {
    const value = /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65;
    return index % 2 === 0 ? (oddValues[value] as number) : value;
  });
  const sum = values.reduce((total, value) => total + value, 0);
  return String.fromCharCode(65 + (sum % 26)) === text.at(-1);
}

function isFrenchNumber(text: string): boolean {
  const plain = text.replaceAll(" ", "");
  return 97 - remainder(plain.slice(0, 13), 97) === Number(plain.slice(13));
}

function isBrazilianNumber(text: string): boolean {
  const digits = digitsOf(text);
  if (new Set(digits).size === 1) return false;
  const check = (length: number): number => {
    const sum = digits.slice(0, length).reduce((total, digit, index) => total + digit * (length + 1 - index), 0);
    return ((sum * 10) % 11) % 10;
  };
  return check(9) === digits[9] && check(10) === digits[10];
}

const chineseWeights: readonly number[] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

function isChineseId(text: string): boolean {
  if (!isDay(text.slice(6, 10), text.slice(10, 12), text.slice(12, 14))) return false;
  const sum = chineseWeights.reduce((total, weight, index) => total + weight * Number(text[index]), 0);
  return "10X98765432"[sum % 11] === text.at(-1)?.toUpperCase();
}

function isDay(year: string, month: string, day: string): boolean {
  return (
    Number(year) >= 1900 &&
    Number(year) < 2100 &&
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(day) >= 1 &&
    Number(day) <= 31
  );
}

/** Poland's PESEL and Belgium's national number: a date of birth is in both, so that few other numbers pass. */
function isElevenDigitId(text: string): boolean {
  const digits = digitsOf(text);
  const pesel = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3].reduce(
    (total, weight, index) => total + weight * (digits[index] as number),
    0,
  );
  const month = Number(text.slice(2, 4)) % 20;
  const day = Number(text.slice(4, 6));
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  if ((10 - (pesel % 10)) % 10 === digits[10]) return true;
  const own = Number(text.slice(0, 9));
  const check = Number(text.slice(9));
  return Number(text.slice(2, 4)) <= 12 && (97 - (own % 97) === check || 97 - ((2e9 + own) % 97) === check);
}

/** Verhoeff's scheme, by its group of ten elements. */
function isIndianNumber(text: string): boolean {
  let state = 0;
  for (const [index, digit] of digitsOf(text).toReversed().entries())
    state = dihedral(state, permuted(digit, index % 8));
  return state === 0;
}

function dihedral(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5;
  return b < 5 ? ((a - b + 5) % 5) + 5 : (a - b + 10) % 5;
}

const permutation: readonly number[] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

function permuted(digit: number, times: number): number {
  let value = digit;
  for (let time = 0; time < times; time += 1) value = permutation[value] as number;
  return value;
}
