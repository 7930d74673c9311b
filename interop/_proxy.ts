/**
 * Starts proxies with the configurations of `docs/proxies.md`.
 *
 * @module
 */

import { findProgram } from "../scripts/find_program.ts";

const PAGE = new URL("../docs/proxies.md", import.meta.url);

/** Where the certificate for tests is, and its key. */
export const CERTIFICATE = {
  cert: new URL("../transport/testing/localhost.crt", import.meta.url),
  key: new URL("../transport/testing/localhost.key", import.meta.url),
} as const;

/** How long a proxy may take to listen, in milliseconds. */
const START_TIMEOUT = 20_000;

/** The proxies that can run, by their names on the page. */
export const PROXIES = {
  nginx: await findProgram(["nginx", "/usr/sbin/nginx"], "-v"),
  haproxy: await findProgram(["haproxy", "/usr/sbin/haproxy"], "-v"),
  caddy: await findProgram(["caddy"], "version"),
} as const;

/** A proxy with a configuration on the page. */
export type ProxyName = keyof typeof PROXIES;

/** A running proxy. Disposing of it ends it. */
export interface Proxy extends AsyncDisposable {
  /** The port that it listens on, on all addresses or on loopback. */
  readonly port: number;
}

/**
 * Starts a proxy.
 *
 * @param index The number of its configuration on the page.
 * @param changes What to replace in the configuration: each text must be there.
 */
export async function startProxy(
  name: ProxyName,
  index: number,
  changes: Readonly<Record<string, string>>,
): Promise<Proxy> {
  const folder = await Deno.makeTempDir({ prefix: "gotalk-proxy-" });
  const port = freePort();
  let text = await configuration(name, index);
  for (const [before, after] of Object.entries(changes)) {
    if (!text.includes(before)) {
      throw new Error(`Cannot start ${name}: no ${before} on the page`);
    }
    text = text.replaceAll(before, after);
  }
  const file = `${folder}/${name}.conf`;
  const pem = await Deno.readTextFile(CERTIFICATE.cert) +
    await Deno.readTextFile(CERTIFICATE.key);
  await Deno.writeTextFile(`${folder}/both.pem`, pem);
  await Deno.writeTextFile(file, complete(name, text, folder, port));
  const child = new Deno.Command(PROXIES[name] ?? name, {
    args: ARGUMENTS[name](file, folder),
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const printed = new Response(child.stderr).text();
  const end = async () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended.
    }
    await child.status;
    const complaints = await printed;
    await Deno.remove(folder, { recursive: true });
    return complaints;
  };
  try {
    await listening(port, child.status);
  } catch (cause) {
    throw new Error(`Cannot start ${name}: ${await end()}`, { cause });
  }
  return { port, [Symbol.asyncDispose]: async () => void await end() };
}

const ARGUMENTS: Readonly<
  Record<ProxyName, (file: string, folder: string) => string[]>
> = {
  nginx: (file, folder) => ["-c", file, "-p", folder, "-e", "stderr"],
  haproxy: (file) => ["-db", "-f", file],
  caddy: (file) => ["run", "--adapter", "caddyfile", "--config", file],
};

/** Returns a configuration of the page. */
async function configuration(name: ProxyName, index: number): Promise<string> {
  const page = await Deno.readTextFile(PAGE);
  const blocks = page.matchAll(
    new RegExp(`^\`\`\`${name}\n([^]*?)^\`\`\`$`, "gm"),
  );
  const block = [...blocks][index]?.[1];
  if (block !== undefined) return block;
  throw new Error(
    `Cannot start ${name}: no configuration ${index} on the page`,
  );
}

/** Puts the test's port and certificate in, and what surrounds an excerpt. */
function complete(
  name: ProxyName,
  text: string,
  folder: string,
  port: number,
): string {
  const { cert, key } = CERTIFICATE;
  switch (name) {
    case "nginx": {
      const server = text
        .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
        .replace("/etc/ssl/example.com.crt", cert.pathname)
        .replace("/etc/ssl/example.com.key", key.pathname);
      const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n");
      // As another user, its workers could not open a Unix socket of ours.
      return `user root;\ndaemon off;\npid ${folder}/pid;\nerror_log stderr;\n` +
        `events {}\nhttp {\naccess_log off;\n${paths}\n${server}}\n`;
    }
    case "haproxy":
      return text
        .replace("bind :443", `bind 127.0.0.1:${port}`)
        .replace("/etc/ssl/example.com.pem", `${folder}/both.pem`);
    case "caddy":
      return "{\n  admin off\n  auto_https disable_redirects\n}\n" +
        text.replace(
          "example.com {",
          `https://localhost:${port} {
  bind 127.0.0.1
  tls ${cert.pathname} ${key.pathname}`,
        );
  }
}

/** Returns a port that is free now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits until something listens on a port. */
async function listening(
  port: number,
  ended: Promise<Deno.CommandStatus>,
): Promise<void> {
  let isOver = false;
  void ended.then(() => isOver = true);
  const deadline = performance.now() + START_TIMEOUT;
  while (!isOver && performance.now() < deadline) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      // Nothing announces that it listens.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}
