/**
 * The rooms of the project, and the arrows between them: which room may import
 * from which.
 *
 * @module
 */

import { isTest } from "./_project_files.ts";

/** A part of the project that has one rule. */
export interface Room {
  readonly name: string;
  /**
   * What it consists of: files (`mod.ts`), the files directly in a folder
   * (`peer/*`, `*`), or all files below a folder (`bench/`). A file belongs to
   * the first room of the list that has it.
   */
  readonly of: readonly string[];
  /** The other rooms that its files may import, by name. */
  readonly may: readonly string[];
  /** The further rooms that only its tests may import. */
  readonly testsMay: readonly string[];
}

/** The name that stands for every public entry of both packages. */
export const ENTRIES_ROOM = "the public entries";

/** How text of unknown origin is shown, values of unknown types are taken, and memory is freed. */
const QUOTING = "quoting";
/** What a peer needs to know of a transport. */
const CONTRACT = "the channel contract";
/** The files of peer/ that join its rooms. */
const TOP = "the top of peer";
/** The other files directly in peer/, which the rooms build on. */
const GROUND = "the ground of peer";
/** The files that join peers and transports. */
const JOINS = "the joins";

const TRANSPORT = [CONTRACT, "transport", "transport/open"];
const PEER = [
  GROUND,
  "peer/link",
  "peer/requestor",
  "peer/responder",
  "peer/reconnecting",
  TOP,
];
const TESTING = [
  "codec/testing",
  "transport/testing",
  "peer/testing",
  "rooms/testing",
  "http/testing",
];
const ANYTHING = [
  QUOTING,
  "codec",
  ...TRANSPORT,
  "transport/websocket",
  ...PEER,
  ...TESTING,
  JOINS,
  "the faces",
  "the face of pages",
];

/** What tests of peer/ may import: all of it, and any transport to talk over. */
const PEER_TESTS = [...PEER, "codec", ...TRANSPORT, ...TESTING];

/** What stands on the library, and uses it as any user does. */
function outside(name: string, of: string, ...may: string[]): Room {
  return {
    name,
    of: [of],
    may: [ENTRIES_ROOM, ...may],
    testsMay: [...TESTING, "scripts"],
  };
}

export const ROOMS: readonly Room[] = [
  {
    name: QUOTING,
    of: ["quoting/*"],
    may: [],
    testsMay: [],
  },
  {
    name: "codec/testing",
    of: ["codec/testing/"],
    may: ["codec"],
    testsMay: [],
  },
  {
    name: "codec",
    of: ["codec/*", "codec/extensions/*"],
    may: [QUOTING],
    testsMay: ["codec/testing"],
  },
  {
    name: "transport/testing",
    of: ["transport/testing/"],
    may: [...TRANSPORT, "transport/websocket", "codec/testing"],
    testsMay: [],
  },
  {
    name: CONTRACT,
    of: [
      "transport/channel.ts",
      "transport/number_option.ts",
      "transport/slowest_rate.ts",
      "transport/_heap.ts",
      "transport/turns.ts",
      "transport/unit_pool.ts",
      "transport/wait_options.ts",
      "transport/write_units.ts",
    ],
    may: [QUOTING],
    testsMay: ["transport", "transport/testing"],
  },
  {
    // The one file that knows of every transport.
    name: "transport/open",
    of: ["transport/open.ts"],
    may: [CONTRACT, QUOTING, "transport", "transport/websocket"],
    testsMay: [],
  },
  {
    name: "transport",
    of: ["transport/*"],
    may: [CONTRACT, QUOTING],
    testsMay: ["transport/open", "transport/websocket", "transport/testing"],
  },
  {
    name: "transport/websocket",
    of: ["transport/websocket/*"],
    may: [CONTRACT, QUOTING, "transport"],
    testsMay: ["transport/open", "transport/testing"],
  },
  {
    name: "peer/testing",
    of: ["peer/testing/"],
    may: [...PEER, "codec", CONTRACT, "codec/testing", "transport/testing"],
    testsMay: [],
  },
  {
    name: "peer/link",
    of: ["peer/link/*", "peer/link/extensions/*"],
    may: ["codec", QUOTING, CONTRACT, GROUND],
    testsMay: PEER_TESTS,
  },
  {
    name: "peer/requestor",
    of: ["peer/requestor/*"],
    may: ["codec", QUOTING, CONTRACT, GROUND, "peer/link"],
    testsMay: PEER_TESTS,
  },
  {
    name: "peer/responder",
    of: ["peer/responder/*"],
    may: ["codec", QUOTING, CONTRACT, GROUND, "peer/link"],
    testsMay: PEER_TESTS,
  },
  {
    name: "peer/reconnecting",
    of: ["peer/reconnecting/*"],
    may: ["codec", QUOTING, CONTRACT, GROUND, TOP],
    testsMay: PEER_TESTS,
  },
  {
    name: "peer/mod",
    of: ["peer/mod.ts"],
    may: [...PEER, QUOTING],
    testsMay: PEER_TESTS,
  },
  {
    name: TOP,
    of: [
      "peer/peer.ts",
      "peer/peer_requestor.ts",
      "peer/_conversation.ts",
      "peer/_drain.ts",
      "peer/_fullest_stream.ts",
      "peer/_skipped_message.ts",
      "peer/broadcast.ts",
    ],
    may: [
      "codec",
      QUOTING,
      CONTRACT,
      GROUND,
      "peer/link",
      "peer/requestor",
      "peer/responder",
    ],
    testsMay: PEER_TESTS,
  },
  {
    name: GROUND,
    of: ["peer/*"],
    may: ["codec", QUOTING, CONTRACT],
    testsMay: [...PEER_TESTS, "peer/mod"],
  },
  {
    // The small peer of pages: what it shares with others is what users name.
    name: "page",
    of: ["page/*"],
    may: [
      "codec",
      QUOTING,
      CONTRACT,
      GROUND,
      "transport/websocket",
      "peer/requestor",
      "peer/reconnecting",
    ],
    testsMay: ANYTHING,
  },
  {
    // What the script for pages has instead of modules that do more.
    name: "page/lean",
    of: ["page/lean/"],
    may: ["codec", QUOTING, CONTRACT, GROUND],
    testsMay: [...ANYTHING, "page", "scripts"],
  },
  {
    name: "the face of pages",
    of: ["browser.ts"],
    may: ["page", "codec", GROUND, "peer/reconnecting"],
    testsMay: [],
  },
  {
    name: "the faces",
    of: ["mod.ts"],
    may: ["codec", ...TRANSPORT, ...PEER, "peer/mod", JOINS],
    testsMay: [],
  },
  {
    name: "the settings",
    of: ["deno.json", "conformance/deno.json"],
    may: [],
    testsMay: [],
  },
  {
    // A program that a test runs: it uses the library as any user does.
    name: "http/testing",
    of: ["http/testing/"],
    may: ["the faces"],
    testsMay: [],
  },
  {
    name: "rooms/testing",
    of: ["rooms/testing/"],
    may: [ENTRIES_ROOM, "rooms"],
    testsMay: [],
  },
  outside("rooms", "rooms/*", QUOTING, CONTRACT, "transport"),
  {
    // What starts fast: it loads parts of the library, and no whole peer.
    name: "cli/quick",
    of: ["cli/quick/"],
    may: ["cli", "codec", QUOTING, GROUND, "peer/requestor", "peer/link"],
    testsMay: [ENTRIES_ROOM, ...TESTING, "scripts"],
  },
  // The kinds of errors come from where they are, as entries load whole peers.
  outside("cli", "cli/", "cli/quick", "the settings", QUOTING, "codec", GROUND),
  outside("attack", "attack/", "bench"),
  outside("conformance", "conformance/"),
  outside("bench", "bench/", "transport/testing", "scripts"),
  outside("examples", "examples/"),
  outside("interop", "interop/", "scripts", "cli", "examples"),
  outside("scripts", "scripts/", "the settings"),
  outside("tools", "tools/", "cli", "scripts"),
  {
    name: "workers/testing",
    of: ["workers/testing/"],
    may: [ENTRIES_ROOM, "workers"],
    testsMay: [],
  },
  {
    name: "workers",
    of: ["workers/*"],
    may: [QUOTING, CONTRACT, GROUND, "peer/mod", JOINS],
    testsMay: [...ANYTHING, "workers/testing"],
  },
  {
    name: JOINS,
    of: ["*", "http/*"],
    may: [
      "codec",
      QUOTING,
      ...TRANSPORT,
      "transport/websocket",
      ...PEER,
      "peer/mod",
    ],
    testsMay: ANYTHING,
  },
];

/** Finds the room of a file. */
export function roomOf(path: string): Room | undefined {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return ROOMS.find(({ of }) =>
    of.some((place) =>
      place === path || place === `${folder}*` ||
      (place.endsWith("/") && path.startsWith(place))
    )
  );
}

/** Lists the rooms that a file of a room may import, besides its own. */
export function mayImport(path: string, { may, testsMay }: Room): string[] {
  return isTest(path) ? [...new Set([...may, ...testsMay])] : [...may];
}

/**
 * Whether one file may import another, seen from the names in its path that
 * begin with an underscore: each is private to the folder that it lies in.
 */
export function canSee(from: string, target: string): boolean {
  const home = from.slice(0, from.lastIndexOf("/") + 1);
  return Array.from(target.matchAll(/(?:^|(?<=\/))_[^/]*\/?/g))
    .every(({ 0: name, index }) => {
      const owner = target.slice(0, index);
      // Inside of a private folder its files see each other.
      return home === owner || from.startsWith(owner + name);
    });
}
