/**
 * A server of one call by HTTP, in a process: of this package, or plain.
 *
 * @module
 */

import { fetchHandler, Handlers } from "@gotalk/gotalk";
import { answer, processorTime } from "./_child.ts";

type Work = { readonly kind: "start"; readonly plain: boolean } | {
  readonly kind: "time";
};

const work = ({ name }: { name: string }) => ({ greeting: `Hello ${name}` });

await answer(async (given: Work) => {
  await Promise.resolve();
  if (given.kind === "time") return processorTime();
  const ours = fetchHandler(new Handlers().handle("greet", work));
  const plain = async (request: Request) =>
    Response.json(work(await request.json()));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    given.plain ? plain : ours,
  );
  return server.addr.port;
});
