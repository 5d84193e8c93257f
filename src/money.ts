/**
 * Money is counted in whole millionths of a currency's unit: sums of fractions drift, sums of whole numbers do not. A price per million
 * tokens is then a price in millionths per token. A leaf.
 */

/** Three capitals, such as EUR. */
export const currencyPattern = /^[A-Z]{3}$/;

/** As somebody writes it down: `amount` in the currency's unit. */
export type Money = { readonly amount: number; readonly currency: string };

const perUnit = 1_000_000;

/** In millionths; a part of one counts as one. */
export function microsOf(amount: number): number {
  // What a division left behind the twelfth digit is no money.
  return Math.ceil(Number((amount * perUnit).toPrecision(12)));
}

/** In the currency's unit. */
export function unitsOf(micros: number): number {
  return micros / perUnit;
}

/** `0.0123`, with cents at least and millionths at most. */
export function amountText(amount: number): string {
  const text = amount.toFixed(6).replace(/0+$/, "");
  return text.replace(/\.(\d?)$/, (_dot, cents: string) => `.${cents.padEnd(2, "0")}`);
}
