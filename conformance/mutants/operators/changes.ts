/**
 * The standard operators on the syntax tree of TypeScript.
 *
 * @module
 */

import ts from "typescript";
import type { Operator } from "./point.ts";

/** What takes the place of an expression, or of a statement if it is empty. */
export interface Change {
  /** The node that is replaced. */
  readonly node: ts.Node;
  /** The kind of change. */
  readonly operator: Operator;
  /** What takes its place; empty for a statement that is dropped. */
  readonly text: string;
}

const K = ts.SyntaxKind;

const BOUNDARIES: Readonly<Record<number, string>> = {
  [K.LessThanToken]: "<=",
  [K.LessThanEqualsToken]: "<",
  [K.GreaterThanToken]: ">=",
  [K.GreaterThanEqualsToken]: ">",
};

const ARITHMETIC: Readonly<Record<number, string>> = {
  [K.PlusToken]: "-",
  [K.MinusToken]: "+",
  [K.AsteriskToken]: "/",
  [K.SlashToken]: "*",
  [K.PercentToken]: "*",
  [K.AmpersandToken]: "|",
  [K.BarToken]: "&",
  [K.CaretToken]: "&",
  [K.LessThanLessThanToken]: ">>",
  [K.GreaterThanGreaterThanToken]: "<<",
  [K.GreaterThanGreaterThanGreaterThanToken]: ">>",
  [K.PlusEqualsToken]: "-=",
  [K.MinusEqualsToken]: "+=",
};

const EQUALITY: Readonly<Record<number, string>> = {
  [K.EqualsEqualsEqualsToken]: "!==",
  [K.ExclamationEqualsEqualsToken]: "===",
};

const LOGIC: Readonly<Record<number, string>> = {
  [K.AmpersandAmpersandToken]: "||",
  [K.BarBarToken]: "&&",
};

const LENGTHS = new Set(["length", "byteLength", "size"]);

/** Lists the changes of a node itself, not of those within it. */
export function changesOf(node: ts.Node, source: ts.SourceFile): Change[] {
  const text = (of: ts.Node) => of.getText(source);
  const change = (operator: Operator, after: string, of = node): Change => ({
    node: of,
    operator,
    text: after,
  });
  const condition = conditionOf(node);
  const found: Change[] = condition === undefined
    ? []
    : [change("negate", `!(${text(condition)})`, condition)];
  if (ts.isBinaryExpression(node)) {
    found.push(...ofBinary(node, text, change));
  } else if (ts.isPrefixUnaryExpression(node)) {
    if (node.operator === K.ExclamationToken && !isCondition(node)) {
      found.push(change("negate", text(node.operand)));
    }
    if (node.operator === K.MinusToken) {
      found.push(change("arithmetic", text(node.operand)));
    }
    if (node.operator === K.PlusPlusToken) {
      found.push(change("arithmetic", `--${text(node.operand)}`));
    }
    if (node.operator === K.MinusMinusToken) {
      found.push(change("arithmetic", `++${text(node.operand)}`));
    }
  } else if (ts.isPostfixUnaryExpression(node)) {
    const other = node.operator === K.PlusPlusToken ? "--" : "++";
    found.push(change("arithmetic", text(node.operand) + other));
  } else if (ts.isNumericLiteral(node) && !isName(node)) {
    found.push(change("constant", `${text(node)} + 1`));
  } else if (node.kind === K.TrueKeyword || node.kind === K.FalseKeyword) {
    found.push(
      change("boolean", node.kind === K.TrueKeyword ? "false" : "true"),
    );
  } else if (ts.isStringLiteral(node) && !isName(node) && !isWording(node)) {
    found.push(change("text", node.text === "" ? '"x"' : '""'));
  } else if (
    ts.isPropertyAccessExpression(node) && LENGTHS.has(node.name.text) &&
    isRead(node)
  ) {
    found.push(change("length", `${text(node)} - 1`));
  } else if (ts.isReturnStatement(node) && node.expression !== undefined) {
    found.push(
      change("return", opposite(node.expression, text), node.expression),
    );
  } else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
    found.push(change("return", opposite(node.body, text), node.body));
  }
  if (isDroppable(node)) found.push(change("drop", ""));
  return found.filter((each) => each.text !== text(each.node));
}

/** The two arguments that a call has swapped, if there are two that can be. */
export function swapped(
  node: ts.Node,
  source: ts.SourceFile,
): readonly [ts.Expression, ts.Expression] | undefined {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return undefined;
  if (isWording(node) || isSymmetric(node.expression)) return undefined;
  const [first, second] = node.arguments ?? [];
  if (first === undefined || second === undefined) return undefined;
  const cannot = [first, second].some((each) =>
    ts.isSpreadElement(each) || ts.isArrowFunction(each) ||
    ts.isFunctionExpression(each)
  );
  if (cannot || first.getText(source) === second.getText(source)) {
    return undefined;
  }
  return [first, second];
}

/** Whether the order of the arguments of a function does not matter. */
function isSymmetric(called: ts.Expression): boolean {
  return /^Math\.(?:max|min)$/.test(called.getText());
}

function ofBinary(
  node: ts.BinaryExpression,
  text: (of: ts.Node) => string,
  change: (operator: Operator, after: string) => Change,
): Change[] {
  const { left, right, operatorToken: { kind } } = node;
  const withOther = (other: string) => `${text(left)} ${other} ${text(right)}`;
  const boundary = BOUNDARIES[kind];
  if (boundary !== undefined) return [change("boundary", withOther(boundary))];
  const logic = LOGIC[kind];
  if (logic !== undefined) {
    // Mixed with ??, an operand would need brackets.
    return [change("logic", `(${text(left)}) ${logic} (${text(right)})`)];
  }
  const equality = EQUALITY[kind];
  if (equality !== undefined) {
    return isCondition(node) ? [] : [change("negate", withOther(equality))];
  }
  const arithmetic = ARITHMETIC[kind];
  const isText = [left, right].some((each) =>
    ts.isStringLiteralLike(each) || ts.isTemplateExpression(each)
  );
  return arithmetic === undefined || isText
    ? []
    : [change("arithmetic", withOther(arithmetic))];
}

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (
    ts.isIfStatement(node) || ts.isWhileStatement(node) ||
    ts.isDoStatement(node)
  ) return node.expression;
  if (ts.isConditionalExpression(node) || ts.isForStatement(node)) {
    return node.condition;
  }
  return undefined;
}

function isCondition(node: ts.Node): boolean {
  return conditionOf(node.parent) === node;
}

/** Whether a literal is a name, a type, or part of an import, and not an expression. */
function isName({ parent }: ts.Node): boolean {
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) ||
    ts.isLiteralTypeNode(parent) || ts.isExternalModuleReference(parent) ||
    ts.isExpressionStatement(parent) ||
    ts.isCallExpression(parent) && parent.expression.kind === K.ImportKeyword;
}

/** Whether a node is in the text of an error, which no statement of the protocol is about. */
function isWording(node: ts.Node): boolean {
  for (let at = node; at !== undefined && !ts.isStatement(at); at = at.parent) {
    const isError = ts.isNewExpression(at) &&
        /Error$/.test(at.expression.getText()) ||
      ts.isCallExpression(at) && at.expression.kind === K.SuperKeyword;
    if (isError) return true;
  }
  return false;
}

/** Whether a property is read, at the end of its chain. */
function isRead(node: ts.PropertyAccessExpression): boolean {
  const { parent } = node;
  const isChained = (ts.isPropertyAccessExpression(parent) ||
    ts.isElementAccessExpression(parent) || ts.isCallExpression(parent)) &&
    parent.expression === node;
  const isAssigned = ts.isBinaryExpression(parent) && parent.left === node &&
    parent.operatorToken.kind >= K.FirstAssignment &&
    parent.operatorToken.kind <= K.LastAssignment;
  const isUpdated = ts.isPrefixUnaryExpression(parent) ||
    ts.isPostfixUnaryExpression(parent) || ts.isDeleteExpression(parent);
  return !isChained && !isAssigned && !isUpdated &&
    !ts.isNonNullExpression(parent);
}

function opposite(
  node: ts.Expression,
  text: (of: ts.Node) => string,
): string {
  const isTruth = ts.isBinaryExpression(node) &&
      (node.operatorToken.kind in EQUALITY ||
        node.operatorToken.kind in BOUNDARIES ||
        node.operatorToken.kind in LOGIC) ||
    ts.isPrefixUnaryExpression(node) && node.operator === K.ExclamationToken;
  return isTruth ? `!(${text(node)})` : "undefined";
}

function isDroppable(node: ts.Node): boolean {
  if (ts.isExpressionStatement(node)) {
    const { expression } = node;
    return !(ts.isCallExpression(expression) &&
      expression.expression.kind === K.SuperKeyword) &&
      !ts.isStringLiteral(expression);
  }
  return ts.isThrowStatement(node) || ts.isContinueStatement(node) ||
    ts.isReturnStatement(node) && node.expression === undefined ||
    ts.isBreakStatement(node) && !ts.isCaseOrDefaultClause(node.parent);
}
