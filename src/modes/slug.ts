/** Slugs name roles, LangGraph nodes and folders, so they are plain: LangGraph forbids `|` and `:` and reserves `__…`. */

const pattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Why a slug cannot be a role's name; null when it can. `user` is the person who started the run. */
export function slugFault(slug: string): string | null {
  if (slug === "user") return `the slug "user" is reserved for the person who starts a run`;
  if (slug.startsWith("_")) return `slugs that start with "_" are reserved for cadre's own nodes`;
  if (pattern.test(slug)) return null;
  return "a slug is at most 64 lower-case letters, digits and hyphens, and starts with a letter or digit";
}
