import { describe, expect, it } from "vitest";
import { CadreError } from "../../src/errors.ts";
import { failure } from "../../src/store/failure.ts";

const thrown = (code: string): Error => Object.assign(new Error("low-level words"), { code });

describe("failure", () => {
  it.each([
    ["SQLITE_FULL", "disk-full"],
    ["SQLITE_IOERR_SHMSIZE", "disk-full"],
    ["ENOSPC", "disk-full"],
    ["SQLITE_IOERR_FSYNC", "disk-failed"],
    ["EIO", "disk-failed"],
    ["SQLITE_READONLY_DBMOVED", "data-read-only"],
    ["EROFS", "data-read-only"],
    ["ENOENT", "data-read-only"],
    ["ENAMETOOLONG", "usage"],
    ["EISDIR", "usage"],
    ["SQLITE_NOTADB", "store-corrupt"],
    ["SQLITE_CORRUPT_INDEX", "store-corrupt"],
    ["SQLITE_BUSY_SNAPSHOT", "store-busy"],
    ["SQLITE_CONSTRAINT_UNIQUE", "internal"],
  ])("%s is said as %s, with the file and a hint where a user can act", (code, expected) => {
    const error = failure(thrown(code), "/data/cadre.db");
    expect(error).toBeInstanceOf(CadreError);
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining("/data/cadre.db") });
    if (expected !== "internal") expect((error as CadreError).hint).toBeTruthy();
  });

  it("a file that cannot be opened is unreadable to a reader", () => {
    expect(failure(thrown("SQLITE_CANTOPEN"), "f", true)).toMatchObject({ code: "file-unreadable" });
  });

  it("leaves our own errors and everything unknown as they are", () => {
    const own = new CadreError("lease-lost", "x");
    const strange = new TypeError("y");
    expect(failure(own, "f")).toBe(own);
    expect(failure(strange, "f")).toBe(strange);
    expect(failure("text", "f")).toBe("text");
  });
});
