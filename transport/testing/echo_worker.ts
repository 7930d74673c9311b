import { portChannel } from "../message_port.ts";
import { WriteUnits } from "../write_units.ts";

/** Echoes the bytes of a message port, then closes. */
addEventListener("message", async (event: Event) => {
  const channel = portChannel((event as MessageEvent<MessagePort>).data);
  for await (const chunk of channel.readable) {
    const units = new WriteUnits();
    units.add(chunk);
    await channel.write(units);
  }
  await channel.close();
});
