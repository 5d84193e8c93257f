/**
 * Who may use a server that others can reach: names, what they may do, and the hash of each one's token, in a file that only its owner
 * may read.
 *
 * U1. A token is 32 random bytes, shown once when it is made; the file holds its sha256. (A slow hash guards words that people think of;
 *     nobody guesses 256 random bits.)
 * U2. What is compared is hashes, in constant time.
 * U3. The file is read again whenever it changes: whoever is taken out of it is out at their next request.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { CadreError } from "../errors.ts";
import type { Permission } from "../views/control-room/session.ts";

export type User = { readonly name: string; readonly may: readonly Permission[] };

const permission = z.enum(["decide", "run"]);
const fileSchema = z.strictObject({
  users: z.array(
    z.strictObject({
      name: z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u),
      may: z.array(permission),
      /** sha256, hex. */
      token: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

type UsersFile = z.infer<typeof fileSchema>;
const nobody: UsersFile = { users: [] };

export interface Users {
  list(): readonly User[];
  named(name: string): User | undefined;
  withToken(token: string): User | undefined;
}

/** Errors: config-invalid, where the file is not what it should be. */
export function openUsers(file: string): Users {
  let seen = "";
  let held = nobody;
  const now = (): UsersFile => {
    const status = statSync(file, { throwIfNoEntry: false });
    const mark = status ? `${status.mtimeMs} ${status.size} ${status.ino}` : "";
    if (mark !== seen) [seen, held] = [mark, status ? readUsers(file) : nobody]; // U3
    return held;
  };
  return {
    list: () => now().users,
    named: (name) => now().users.find((user) => user.name === name),
    withToken: (token) => {
      const hash = Buffer.from(hashOfToken(token), "hex");
      return now().users.find((user) => timingSafeEqual(hash, Buffer.from(user.token, "hex"))); // U2
    },
  };
}

/** Makes or replaces a user; returns the token, which stands nowhere else (U1). */
export function putUser(file: string, user: User): string {
  const token = randomBytes(32).toString("base64url");
  const others = readUsers(file).users.filter(({ name }) => name !== user.name);
  writeUsers(file, { users: [...others, { ...user, may: [...user.may], token: hashOfToken(token) }] });
  return token;
}

/** False: there was none of that name. */
export function removeUser(file: string, name: string): boolean {
  const { users } = readUsers(file);
  const left = users.filter((user) => user.name !== name);
  if (left.length === users.length) return false;
  writeUsers(file, { users: left });
  return true;
}

export function hashOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function readUsers(file: string): UsersFile {
  if (!existsSync(file)) return nobody;
  const read = fileSchema.safeParse(parsed(readFileSync(file, "utf8")));
  if (read.success) return read.data;
  throw new CadreError("config-invalid", `${file} is not a list of users`, {
    place: { file },
    hint: "Make it again: `cadre users <name> --may decide,run`",
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function writeUsers(file: string, users: UsersFile): void {
  const checked = fileSchema.safeParse(users);
  if (!checked.success)
    throw new CadreError("usage", "a user's name has letters, figures, blanks and . _ @ - and at most 64 of them");
  const fresh = `${file}.${process.pid}.tmp`;
  writeFileSync(fresh, `${JSON.stringify(users, null, 2)}\n`, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}
