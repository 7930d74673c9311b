/**
 * Circles in a graph.
 *
 * @module
 */

/** Where the arrows of each node lead. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Nodes that can all be reached from each other, and a way around. */
export interface Circle {
  /** How many nodes are tied together. */
  readonly size: number;
  /** One of the shortest ways around, which ends where it begins. */
  readonly shortest: readonly string[];
}

/** Finds the circles of a graph: one for each set of nodes that they tie together. */
export function circles(graph: Graph): Circle[] {
  return components(graph).flatMap((nodes) => {
    const within = new Set(nodes);
    const ways = nodes
      .map((node) => wayAround(graph, node, within))
      .filter((way) => way !== undefined)
      .sort((a, b) => a.length - b.length);
    const [shortest] = ways;
    return shortest ? [{ size: nodes.length, shortest }] : [];
  });
}

/** Finds the shortest way from a node back to it that stays within some nodes. */
function wayAround(
  graph: Graph,
  start: string,
  within: ReadonlySet<string>,
): string[] | undefined {
  const ways = [[start]]; // which grows while it is walked
  const seen = new Set<string>();
  for (const way of ways) {
    for (const target of graph.get(way.at(-1)!) ?? []) {
      if (target === start) return [...way, target];
      if (!within.has(target) || seen.has(target)) continue;
      seen.add(target);
      ways.push([...way, target]);
    }
  }
  return undefined;
}

/**
 * Finds the strongly connected components of a graph, by Kosaraju's method: in
 * the order in which a walk leaves the nodes, each walk against the arrows
 * finds one. Nodes and components are sorted by name.
 */
function components(graph: Graph): string[][] {
  const against = new Map<string, string[]>();
  for (const [node, targets] of graph) {
    for (const target of targets) {
      const origins = against.get(target) ?? [];
      against.set(target, [...origins, node]);
    }
  }
  const left: string[] = [];
  const seen = new Set<string>();
  for (const node of graph.keys()) walk(graph, node, seen, left);

  const found: string[][] = [];
  const taken = new Set<string>();
  for (const node of left.reverse()) {
    const component: string[] = [];
    walk(against, node, taken, component);
    if (component.length > 0) found.push(component.sort());
  }
  return found.sort(([a = ""], [b = ""]) => a < b ? -1 : 1);
}

/** Visits what can be reached from a node, and notes each node when it leaves it. */
function walk(
  graph: Graph,
  node: string,
  seen: Set<string>,
  left: string[],
): void {
  if (seen.has(node)) return;
  seen.add(node);
  for (const target of graph.get(node) ?? []) walk(graph, target, seen, left);
  left.push(node);
}
