/**
 * A reader that can be asked for at any time: where one reading is under way, it reads once more when that has ended. So never two at a time,
 * no wish is lost, and a server that is slower than what changes there is still shown: each answer counts. `read` does not reject.
 */
export function oneByOne(read: () => Promise<void>): () => void {
  let reading = false;
  let due = false;
  const begin = async (): Promise<void> => {
    reading = true;
    do {
      due = false;
      await read();
    } while (due);
    reading = false;
  };
  return () => {
    if (reading) due = true;
    else void begin();
  };
}
