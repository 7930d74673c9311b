/** The part of the global scope that only a worker has. */
const worker = self as unknown as { postMessage(message: unknown): void };

/** Bytes of the stream that is uploaded. */
const LENGTH = 40 * 1024 * 1024;

/**
 * Connects a WebSocket to a port, and uploads a stream to "hold" without any
 * credit, between the parts of one to "read", and with a call of "echo" at the
 * end. Posts what it receives until the second stream and the call are answered
 * or the connection ends.
 */
addEventListener("message", (event: Event) => {
  const { data: port } = event as MessageEvent<number>;
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  socket.binaryType = "arraybuffer";
  let heard = "";
  const finish = () => {
    worker.postMessage(heard);
    socket.close();
  };
  socket.onmessage = ({ data }) => {
    heard += new TextDecoder().decode(data);
    if (/S000200000000/.test(heard) && /R0003.{8}hi/.test(heard)) finish();
  };
  socket.onclose = ({ code, reason }) => {
    heard += `closed with ${code} ${reason}`;
    finish();
  };
  socket.onopen = () => {
    const send = (units: string) =>
      socket.send(new TextEncoder().encode(units));
    send("01s0001004hold00000000s0002004read00000003abc");
    // The header and the data of each part are messages of their own.
    const data = new Uint8Array(16 * 1024);
    for (let sent = 0; sent < LENGTH; sent += data.byteLength) {
      send("p000100004000");
      socket.send(data);
    }
    send("r0003004echo00000002hip000200000002dep000200000000");
  };
});
