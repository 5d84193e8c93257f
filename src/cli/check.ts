/** One line of what `doctor` found. */
export type State = "ok" | "note" | "broken";

/** `hint`: what to do; empty where there is nothing. */
export type Check = { readonly name: string; readonly state: State; readonly detail: string; readonly hint: string };

export const check = (name: string, state: State, detail: string, hint = ""): Check => ({ name, state, detail, hint });
