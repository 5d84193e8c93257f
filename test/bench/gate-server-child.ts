/** A server of so many slots, as a process of its own: refuses beyond them with 503, answers the others after so many ms. Says its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const [slots = 12, firstMs = 5, lastMs = 50] = process.argv.slice(2).map(Number);
let taken = 0;
let refused = 0;

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

const server = createServer((request, response) => {
  request.resume();
  if (request.url === "/refused") {
    response.end(String(refused));
    refused = 0;
    return;
  }
  if (taken >= slots) {
    refused += 1;
    response.writeHead(503, { "content-type": "application/json" }).end("{}");
    return;
  }
  taken += 1;
  setTimeout(() => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ content: "Hello" }, null));
    // One after the other: where the machine is so busy that both are late, two timers may come in either order.
    setTimeout(() => {
      taken -= 1;
      response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
    }, lastMs - firstMs);
  }, firstMs);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.on("disconnect", () => process.exit());
