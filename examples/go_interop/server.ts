// A server for Go clients: deno run --allow-net server.ts, then go run ./client
import { Handlers, serve } from "@gotalk/gotalk";

const handlers = new Handlers()
  .handle(
    "greet",
    ({ name }: { name: string }) => ({ greeting: `Hello ${name}` }),
  );
const server = await serve({ port: Number(Deno.args[0] ?? 1234) }, handlers);
console.log(server.address);
