/** Paths that files of a project may name: relative, forward slashes, inside it. The text is checked; tools check again. */

/** Absolute, a home folder, a drive, or climbing out by `..`. */
export function leavesProject(text: string): boolean {
  return /^(?:[/\\~]|[a-z]:)/i.test(text) || text.split(/[/\\]/).includes("..") || text.includes("\0");
}

/** Forward slashes, without `./`. */
export function plainPath(text: string): string {
  return text.replaceAll("\\", "/").replace(/^(?:\.\/+)+/, "");
}
