/**
 * A program of hostile clients, which attack a server until their input ends.
 *
 * `deno run --allow-all attack/clients.ts NUMBER ATTACK ADDRESS`, where ADDRESS
 * is JSON. Prints the number of connections, and of those that the server ended.
 *
 * @module
 */

import { ATTACKS } from "./_attacks.ts";
import { type Address, attackUntil, type Count, loadOf } from "./_client.ts";

const [number, name, json] = Deno.args;
const address: Address = JSON.parse(json!);
const attack = ATTACKS.find((each) => each.name === name)!;
const load = loadOf(attack, address.target);
const over = new AbortController();
const count: Count = { connections: 0, ended: 0 };
const clients = Array.from(
  { length: Number(number) },
  () => attackUntil(over.signal, attack, load, address, count),
);
console.log("ready");
await Deno.stdin.read(new Uint8Array(1));
over.abort();
// Connections that the remote peer does not read from stay until the program ends.
await Promise.race([
  Promise.all(clients),
  new Promise((resolve) => setTimeout(resolve, 200)),
]);
console.log(JSON.stringify(count));
Deno.exit();
