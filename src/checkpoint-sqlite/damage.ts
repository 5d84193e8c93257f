/** What reading a file comes to that was changed outside, as an error that names the file. */
import { CadreError } from "../errors.ts";
import { systemCode } from "../store/failure.ts";
import type { Soon } from "./soon.ts";

/** Text that is not what JSON wrote, or bytes that are not what was deflated; any other error comes back as it is. */
function damage(error: unknown, file: string): unknown {
  const isDamage = error instanceof SyntaxError || systemCode(error)?.startsWith("Z_") === true;
  if (!isDamage) return error;
  return new CadreError(
    "store-corrupt",
    `${file}: a value in it is not what was stored (${(error as Error).message}).`,
    {
      hint: "It was changed outside, or the disk failed. Put a copy in its place; threads that can be read are whole.",
      data: { file },
      cause: error,
    },
  );
}

/** Errors: those of `body`; store-corrupt. */
export function undamaged<Result>(file: string, body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    throw damage(error, file);
  }
}

/** As `undamaged`, also for what comes later. */
export async function undamagedSoon<Result>(file: string, body: () => Soon<Result>): Promise<Result> {
  try {
    return await body();
  } catch (error) {
    throw damage(error, file);
  }
}
