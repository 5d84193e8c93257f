/** ELK's engine, without the thread that the package would start for it. */
declare module "elkjs/lib/elk-worker.min.js" {
  export const Worker: new (url?: string) => unknown;
}
