/** Opens a connection and puts ports over it; whatever fails, no connection is left open. */
import { CadreError } from "../errors.ts";
import { connect } from "./connection.ts";
import type { ConnectOptions, Connection } from "./connection.ts";
import { systemCode } from "./failure.ts";

/** Errors: those of `connect`; store-corrupt where the layout is not what its version says. */
export function openOver<Ports>(options: ConnectOptions, over: (connection: Connection) => Ports): Ports {
  const connection = connect(options);
  try {
    return over(connection);
  } catch (error) {
    connection.close();
    if (systemCode(error) !== "SQLITE_ERROR" || !(error instanceof Error)) throw error;
    // The statements are those of this layout, and so is the file by its own account: somebody took a table or a column away.
    throw new CadreError("store-corrupt", `${connection.file}: its layout was changed: ${error.message}.`, {
      hint: "Restore it from a backup (`cadre backup` makes them).",
      data: { file: connection.file },
      cause: error,
    });
  }
}
