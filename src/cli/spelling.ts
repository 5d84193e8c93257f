/** Writes `npx cadre <rest>`, with the global options that lead to the same project and data. */
export type Spell = (rest: string) => string;
