/**
 * Writes the mutants of a file into it, each behind a switch, so that one copy of the program is all of them.
 *
 * @module
 */

import ts from "typescript";
import { changesOf, swapped } from "./changes.ts";
import { Identifiers, type Operator, type Point } from "./point.ts";

/** The name of the function that returns whether a mutant is switched on. */
const SWITCH = "__mutant";

/** A file with its mutants behind switches. */
export interface Instrumented {
  /** The source. */
  readonly text: string;
  /** The mutants; the first has the number `from`. */
  readonly points: readonly Point[];
}

/**
 * Writes the mutants of a file into it.
 *
 * @param file Its path from the root.
 * @param text Its source.
 * @param from The number of its first mutant.
 * @param switches What it imports the switch from.
 */
export function instrument(
  file: string,
  text: string,
  from: number,
  switches: string,
): Instrumented {
  const source = ts.createSourceFile(
    file,
    text,
    ts.ScriptTarget.Latest,
    true,
    ts.ScriptKind.TS,
  );
  const writer = new Writer(file, source, from);
  const body = writer.render(source);
  const points = writer.points;
  return {
    text: points.length === 0
      ? text
      : `import { mutant as ${SWITCH} } from ${
        JSON.stringify(switches)
      };\n${body}`,
    points,
  };
}

/** An alternative to a node, behind its switch. */
interface Alternative {
  readonly number: number;
  readonly text: string;
}

class Writer {
  readonly points: Point[] = [];
  readonly #file: string;
  readonly #source: ts.SourceFile;
  readonly #from: number;
  readonly #identifiers = new Identifiers();
  /** What can take the place of each node; found before the node is rendered. */
  readonly #alternatives = new Map<ts.Node, Alternative[]>();

  constructor(file: string, source: ts.SourceFile, from: number) {
    this.#file = file;
    this.#source = source;
    this.#from = from;
  }

  /** Returns the text of a node, with the mutants within it. */
  render(node: ts.Node): string {
    for (const { node: of, operator, text } of changesOf(node, this.#source)) {
      this.#add(of, this.#point(of, operator, text), text);
    }
    const pair = swapped(node, this.#source);
    if (pair !== undefined) {
      const [first, second] = pair.map((each) =>
        each.getText(this.#source)
      ) as [
        string,
        string,
      ];
      const after = `${second}, ${first}`;
      const number = this.#point(
        node,
        "argument",
        after,
        `${first}, ${second}`,
      );
      this.#add(pair[0], number, second);
      this.#add(pair[1], number, first);
    }
    const inner = this.#inner(node);
    const alternatives = this.#alternatives.get(node) ?? [];
    if (alternatives.length === 0) return inner;
    if (ts.isStatement(node)) {
      // In a block, lest an `else` of the source belongs to it.
      return `{ if (!${SWITCH}(${alternatives[0]!.number})) { ${inner} } }`;
    }
    const choice = alternatives.map(({ number, text }) =>
      `${SWITCH}(${number}) ? (${text}) : `
    ).join("");
    return `(${choice}(${inner}))`;
  }

  /** The text of a node whose children have their mutants; types have none. */
  #inner(node: ts.Node): string {
    const { text } = this.#source;
    let at = node.getStart(this.#source);
    if (ts.isSourceFile(node)) at = 0;
    let out = "";
    node.forEachChild((child) => {
      if (isInert(child)) return;
      const start = child.getStart(this.#source);
      out += text.slice(at, start) + this.render(child);
      at = child.getEnd();
    });
    return out + text.slice(at, node.getEnd());
  }

  #add(node: ts.Node, number: number, text: string): void {
    const alternatives = this.#alternatives.get(node) ?? [];
    alternatives.push({ number, text });
    this.#alternatives.set(node, alternatives);
  }

  /** Adds a mutant, and returns its number. */
  #point(
    node: ts.Node,
    operator: Operator,
    after: string,
    before = node.getText(this.#source),
  ): number {
    const file = this.#file;
    const { line } = this.#source.getLineAndCharacterOfPosition(
      node.getStart(this.#source),
    );
    const statement = headOf(node, this.#source);
    const id = this.#identifiers.next(
      file,
      symbolOf(node),
      operator,
      `${statement}|${before}|${after}`,
    );
    this.points.push({ id, file, line: line + 1, operator, before, after });
    return this.#from + this.points.length - 1;
  }
}

/** Whether a node holds no code that runs. */
function isInert(node: ts.Node): boolean {
  return ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) || ts.isTypeParameterDeclaration(node) ||
    // An expression in brackets would no longer be a place to write to.
    ts.isPropertyName(node) && !ts.isComputedPropertyName(node) &&
      isNameOf(node);
}

function isNameOf(node: ts.Node): boolean {
  const { parent } = node;
  return (ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) || ts.isAccessor(parent) ||
    ts.isEnumMember(parent)) && parent.name === node;
}

/** The statement around a node, without the blocks within it. */
function headOf(node: ts.Node, source: ts.SourceFile): string {
  let at = node;
  while (!ts.isStatement(at) && !ts.isClassElement(at) && at.parent) {
    at = at.parent;
  }
  const text = at.getText(source);
  const brace = text.indexOf("{\n");
  return brace < 0 ? text : text.slice(0, brace);
}

/** The declaration around a node: `Class.member`, `function` or `constant`. */
function symbolOf(node: ts.Node): string {
  const names: string[] = [];
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    const isMember = ts.isClassElement(at);
    const isTop = ts.isFunctionDeclaration(at) || ts.isClassDeclaration(at) ||
      ts.isVariableDeclaration(at) &&
        ts.isSourceFile(at.parent.parent.parent);
    if (!isMember && !isTop) continue;
    const name = ts.isConstructorDeclaration(at)
      ? "constructor"
      : (at as ts.NamedDeclaration).name?.getText() ?? "";
    names.unshift(name);
  }
  return names.slice(0, 2).join(".");
}
