/** `cadre users`: who may use a control room that other machines reach. */
import { makeFolder } from "../../store/make-folder.ts";
import { CadreError } from "../../errors.ts";
import { usersFile } from "../../server/users-file.ts";
import { openUsers, putUser, removeUser, type User } from "../../server/users.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { flag, option, word, type Input } from "../input.ts";
import { showList } from "../list.ts";

/** Errors: usage, config-invalid. */
export async function users(context: Context, input: Input): Promise<number> {
  const name = word(input, 0);
  const file = usersFile(context.data);
  if (name === undefined) return list(context, openUsers(file).list());
  if (flag(input, "remove")) return remove(context, file, name);
  makeFolder(context.data, 0o700);
  const may = permissions(option(input, "may"));
  const token = putUser(file, { name, may });
  const { output } = context;
  if (output.json) output.document({ schema: "cadre.user/1", name, may, token });
  else {
    output.line(`${visible(name)} may ${["look", ...may].join(", ")}; their token, shown this once:`);
    output.line(token);
  }
  return 0;
}

function list(context: Context, rows: readonly User[]): number {
  showList(context, {
    schema: "cadre.users/1",
    key: "users",
    rows,
    columns: [
      { key: "name", title: "name", value: (user) => user.name, text: (user) => visible(user.name) },
      { key: "may", title: "may", value: (user) => user.may, text: (user) => ["look", ...user.may].join(", ") },
    ],
    empty: "no users: a control room at a loopback address needs none",
  });
  return 0;
}

function remove({ output }: Context, file: string, name: string): number {
  if (!removeUser(file, name)) throw new CadreError("usage", `there is no user ${name}`);
  if (output.json) output.document({ schema: "cadre.user/1", name, removed: true });
  else output.line(`removed ${visible(name)}`);
  return 0;
}

function permissions(given: string | undefined): User["may"] {
  const words = (given ?? "").split(",").filter((part) => part !== "");
  return words.map((part) => {
    if (part === "decide" || part === "run") return part;
    throw new CadreError("usage", `--may takes decide and run, not ${part}`, { hint: "for example: --may decide,run" });
  });
}
