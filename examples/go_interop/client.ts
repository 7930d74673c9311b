// A client of a Go server: deno run --allow-net client.ts
import { connect } from "@gotalk/gotalk";

await using peer = await connect(Deno.args[0] ?? "tcp://127.0.0.1:1234");
const { greeting } = await peer.request("greet", { name: "Rasmus" }) as {
  greeting: string;
};
console.log(greeting);
