/** The environment of a program that cadre starts for the operator: PATH, HOME, and the variables that were named (R8). */

/** `given`: cadre's own. Variables that are not set stay unset. */
export function cleanEnvironment(
  names: readonly string[],
  given: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const wanted = ["PATH", "HOME", ...names].flatMap((name): [string, string][] => {
    const value = given[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(wanted);
}
