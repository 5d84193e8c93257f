/** The few styles that text views use. Colour only ever repeats what the words already say. */

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof codes;
export type Paint = (style: Style | null, text: string) => string;

export type TextOptions = {
  /** ANSI colours; false for pipes. */
  readonly colour: boolean;
  /** Columns to wrap at; null: nothing is wrapped and nothing is cut off. */
  readonly width: number | null;
  readonly verbose: boolean;
};

export function painter(colour: boolean): Paint {
  return (style, text) => {
    if (!colour || style === null || text === "") return text;
    const [open, close] = codes[style];
    return `\u001B[${open}m${text}\u001B[${close}m`;
  };
}
