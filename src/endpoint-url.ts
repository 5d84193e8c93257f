/** What may stand in cadre.yaml and behind `--model` as an address and as the name of a secret. A leaf. */

/** This machine: names and addresses that never leave it. The URL parser has already made every spelling of an address plain. */
export function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
}

/** What is wrong with the address of a model server; null if nothing is. Never quotes it: people put keys into addresses. */
export function endpointUrlFault(text: string): string | null {
  if (!URL.canParse(text)) return "is not an address such as http://127.0.0.1:8000/v1";
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return "must start with https:// or http://";
  if (url.username !== "" || url.password !== "") return "must not hold a user or a password; use `token`";
  if (url.search !== "" || url.hash !== "") return "must not hold a query or a fragment; use `token` for a key";
  return null;
}

/**
 * True for what can only be the name of an environment variable: capitals with an underscore, or a few capitals alone.
 * Strict on purpose: many keys are capitals and digits too, and what passes here is shown on screen.
 */
export function isVariableName(text: string): boolean {
  return /^(?=.{1,64}$)[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^[A-Z]{1,16}$/.test(text);
}
