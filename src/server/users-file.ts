import { join } from "node:path";

/** Where the users of a project's control room are kept. */
export function usersFile(data: string): string {
  return join(data, "users.json");
}
