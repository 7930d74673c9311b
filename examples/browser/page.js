import { connect, Handlers } from "@gotalk/gotalk";

const output = document.querySelector("output");
const button = document.querySelector("button");

const handlers = new Handlers()
  .handle("page-title", () => document.title)
  .onNotification("presses", (count) => {
    output.textContent = `Pressed ${count} times on all pages`;
  });

const address = new URL("/gotalk", location.href);
const peer = await connect(address, { handlers });
const { greeting } = await peer.request("greet", { name: "Rasmus" });
output.textContent = greeting;

button.addEventListener("click", () => peer.notify("pressed"));
addEventListener("pagehide", () => peer.close());
