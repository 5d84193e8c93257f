/** Made when it is first asked for, and kept: most starts write and read few kinds of events, and a schema costs more to make than to use. */
export function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}
