/**
 * Measures how long `deno check` takes for programs with a contract, next to one
 * without:
 * `deno run --allow-run --allow-read --allow-write bench/type_check.ts [ROUNDS]`.
 *
 * Each program defines 500 operations and 500 notifications, handles all of
 * them, and calls each once. A round checks all programs, one after the other,
 * and compares each with the one without a contract, since the machine may have
 * other work in another round; the result is the median.
 *
 * @module
 */

import { median } from "./statistics.ts";

/** Number of operations, and of notifications. */
const COUNT = 500;

/** Number of times that each program is checked, if no number is given. */
const ROUNDS = 3;

/** The goal: at most this many times as long as without a contract. */
const GOAL = 1.5;

const MODULE = new URL("../mod.ts", import.meta.url);

/** A program, by what its contract is. */
interface Program {
  readonly name: string;
  readonly source: string;
}

const NUMBERS = Array.from({ length: COUNT }, (_, index) => index);

const HEAD =
  `import { connect, type Contract, type ContractOf, Handlers } from "${MODULE}";\n`;

/** Types of inputs and outputs, which all programs have. */
const TYPES = lines((n) =>
  `interface In${n} { id: number; name${n}: string; tags: string[] }
interface Out${n} { id: number; value${n}: In${n} }`
);

const DECLARATION = `interface Large extends Contract {
  operations: {
${lines((n) => `    operation${n}(input: In${n}): Out${n};`)}
  };
  notifications: {
${lines((n) => `    event${n}: In${n};`)}
  };
}
`;

const TYPED_HANDLERS = lines((n) =>
  `handlers.handle("operation${n}", (input) => ({ id: 1, value${n}: input }));
handlers.onNotification("event${n}", ({ name${n} }) => console.log(name${n}));`
);

const UNTYPED_HANDLERS = lines((n) =>
  `handlers.handle("operation${n}", (input: In${n}): Out${n} => ({ id: 1, value${n}: input }));
handlers.onNotification("event${n}", ({ name${n} }: In${n}) => console.log(name${n}));`
);

/** Number of handlers in one chain of method calls, whose length the compiler limits. */
const CHAIN = 50;

/** Sets of handlers, each of which extends the one before. */
const CHAINED_HANDLERS = lines((n) =>
  `${
    n % CHAIN === 0
      ? `;\nconst set${n / CHAIN} = new Handlers(${
        n === 0 ? "" : `set${n / CHAIN - 1}`
      })`
      : ""
  }
  .handle("operation${n}", (input: In${n}): Out${n} => ({ id: 1, value${n}: input }))
  .onNotification("event${n}", ({ name${n} }: In${n}) => console.log(name${n}))`
);

const INPUT = (n: number) => `{ id: ${n}, name${n}: "", tags: [] }`;

const TYPED_CALLS = lines((n) =>
  `console.log((await peer.request("operation${n}", ${
    INPUT(n)
  })).value${n}.tags);
await peer.notify("event${n}", ${INPUT(n)});`
);

const UNTYPED_CALLS = lines((n) =>
  `console.log((await peer.request("operation${n}", ${
    INPUT(n)
  } satisfies In${n}) as Out${n}).value${n}.tags);
await peer.notify("event${n}", ${INPUT(n)} satisfies In${n});`
);

const PROGRAMS: readonly Program[] = [
  {
    name: "no contract",
    source:
      `const handlers = new Handlers();\n${UNTYPED_HANDLERS}\nconst peer = await connect("", { handlers });\n${UNTYPED_CALLS}`,
  },
  {
    name: "contract of handlers and calls",
    source:
      `${DECLARATION}const handlers = new Handlers<Large>();\n${TYPED_HANDLERS}\nconst peer = await connect<Large>("", { handlers });\n${TYPED_CALLS}`,
  },
  {
    name: "contract inferred from handlers",
    source: `${CHAINED_HANDLERS};\nconst handlers = set${
      COUNT / CHAIN - 1
    };\nconst peer = await connect<ContractOf<typeof handlers>>("", { handlers });\n${TYPED_CALLS}`,
  },
];

function lines(line: (n: number) => string): string {
  return NUMBERS.map(line).join("\n");
}

/** Returns the seconds that `deno check` takes for a program. */
async function check(folder: string, source: string): Promise<number> {
  // Results of the compiler are cached by path.
  const path = `${folder}/${crypto.randomUUID()}.ts`;
  await Deno.writeTextFile(path, `${HEAD}${TYPES}\n${source}\n`);
  const start = performance.now();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", path],
    cwd: new URL("../", import.meta.url),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return (performance.now() - start) / 1000;
}

if (import.meta.main) {
  const rounds = Number(Deno.args[0] ?? ROUNDS);
  const folder = await Deno.makeTempDir({ prefix: "gotalk-type-check-" });
  const ratios = PROGRAMS.map((): number[] => []);
  try {
    for (let round = 1; round <= rounds; round++) {
      const times: number[] = [];
      for (const { source } of PROGRAMS) {
        times.push(await check(folder, source));
      }
      const shown = times.map((time) => `${time.toFixed(1)} s`).join(", ");
      console.log(`Round ${round}: ${shown}`);
      times.forEach((time, index) => ratios[index]!.push(time / times[0]!));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  for (const [index, { name }] of PROGRAMS.entries()) {
    const ratio = median(ratios[index]!);
    const verdict = ratio <= GOAL ? "" : `, beyond the goal of ${GOAL}`;
    console.log(`${name}: × ${ratio.toFixed(2)}${verdict}`);
  }
}
