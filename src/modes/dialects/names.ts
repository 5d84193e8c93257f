/** From names as other dialects have them ("Context7-Expert", "🏗️ Technical Architect") to slugs. */

/** Lower-case words with hyphens; empty where the name holds no letter or digit of the Latin alphabet. */
export function slugOf(name: string): string {
  return (
    name
      .normalize("NFKD")
      .replaceAll(/[\u0300-\u036f]/g, "")
      .toLowerCase()
      // C, C# and C++ are three languages.
      .replaceAll("#", "-sharp")
      .replaceAll("++", "-plus-plus")
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replace(/^-+/, "")
      .slice(0, 64)
      .replace(/-+$/, "")
  );
}

/** The name that a file has where its content gives none: `agents/code-reviewer.agent.md` is `code-reviewer`. */
export function fileStem(file: string): string {
  return (file.split("/").at(-1) ?? file).replace(/(?:\.(?:agent|chatmode|mode|subagent))?\.[A-Za-z]+$/, "");
}
