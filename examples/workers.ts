/**
 * A chat server that uses all cores of a machine: each worker accepts
 * connections on the same port, and they share their rooms.
 *
 *     deno run --unstable-net --allow-net=127.0.0.1 --allow-read examples/workers.ts [PORT] [WORKERS]
 *
 * SIGTERM lets the calls that run finish, in each worker.
 *
 * @module
 */

const [port = "0", count = `${navigator.hardwareConcurrency}`] = Deno.args;

interface Started {
  readonly worker: Worker;
  readonly port: number;
}

/** Starts a worker, and waits until it listens. */
function start(port: number): Promise<Started> {
  const url = new URL("./_chat_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  worker.postMessage({ port });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve({ worker, port: data.port });
  });
}

/** Lets a worker finish what it does, and ends it. */
function end({ worker }: Started): Promise<void> {
  worker.postMessage("drain");
  return new Promise((resolve) => {
    worker.onmessage = () => {
      worker.terminate();
      resolve();
    };
  });
}

// The first one finds the port if it is 0.
const workers = [await start(Number(port))];
while (workers.length < Number(count)) {
  workers.push(await start(workers[0]!.port));
}
console.log(`tcp://127.0.0.1:${workers[0]!.port}`);

Deno.addSignalListener("SIGTERM", async () => {
  await Promise.all(workers.map(end));
  Deno.exit();
});
