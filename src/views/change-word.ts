/** `added`, `modified`, `deleted`, or `unchanged`: what a change did to its file. */
export function changeWord(file: { readonly before: string | null; readonly after: string | null }): string {
  if (file.before === file.after) return "unchanged";
  if (file.before === null) return "added";
  return file.after === null ? "deleted" : "modified";
}
