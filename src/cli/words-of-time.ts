/** Times as a person says them; only ever shown on a terminal, where the exact one is a flag away. */

function sizeWords(minutes: number): string {
  if (minutes < 1) return "under a minute";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / (24 * 60))} days`;
}

/** `12 min ago` */
export function sinceWords(at: string, now: number): string {
  const minutes = Math.floor(Math.max(0, now - Date.parse(at)) / 60_000);
  return minutes < 1 ? "just now" : `${sizeWords(minutes)} ago`;
}

/** `in 3 h`, `2 days overdue` */
export function untilWords(at: string, now: number): string {
  const minutes = Math.round((Date.parse(at) - now) / 60_000);
  return minutes >= 0 ? `in ${sizeWords(minutes)}` : `${sizeWords(-minutes)} overdue`;
}
