/** "1 role", "2 roles": how many there are of something whose plural is made with an s. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
