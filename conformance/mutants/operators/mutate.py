"""Writes a Python program with a switch for each mutant that standard operators make of it.

    python3 mutate.py SOURCE TARGET FILE...

Copies the folder SOURCE to the folder TARGET, with mutants in the files named, and prints the mutants as JSON.
"""

import ast
import copy
import json
import pathlib
import shutil
import sys

SWITCHES = '''"""The switches of mutants: which are on, and which have been reached. See switch.ts."""

import os
import socket
import threading

_on = set()
_reached = set()


def _mutant(number):
    _reached.add(number)
    return number in _on


def _switch_on(numbers):
    _on.clear()
    _on.update(int(number) for number in numbers.split(",") if number)


def _serve(port):
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rw") as lines:
        for line in lines:
            answer = ""
            if line.startswith("on "):
                _switch_on(line[3:].strip())
            else:
                numbers = sorted(list(_reached))
                _reached.difference_update(numbers)
                answer = ",".join(map(str, numbers))
            lines.write(answer + "\\n")
            lines.flush()


_switch_on(os.environ.get("MUTANTS", ""))
if "SWITCHES" in os.environ:
    threading.Thread(target=_serve, args=[int(os.environ["SWITCHES"])], daemon=True).start()
'''

BOUNDARIES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OPPOSITES = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
INERT = (ast.JoinedStr, ast.pattern, ast.arguments, ast.alias)
SYMMETRIC = ("max", "min")  # The order of their arguments does not matter.
DROPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Continue, ast.Break, ast.Raise)


def one_more(node):
    return ast.BinOp(copy.deepcopy(node), ast.Add(), ast.Constant(1))


def negated(node):
    return ast.UnaryOp(ast.Not(), copy.deepcopy(node))


class Mutator(ast.NodeTransformer):
    """Puts each expression that an operator changes behind its switch."""

    def __init__(self, file, points):
        self.file = file
        self.points = points
        self.symbols = []
        self.statement = ""
        self.conditions = set()

    def point(self, node, operator, after, before=None):
        self.points.append({
            "file": self.file,
            "symbol": ".".join(self.symbols[:2]),
            "line": node.lineno,
            "operator": operator,
            "before": ast.unparse(node) if before is None else before,
            "after": after if isinstance(after, str) else ast.unparse(after),
            "statement": self.statement,
        })
        number = ast.Constant(len(self.points) - 1)
        return ast.Call(ast.Name("_mutant", ast.Load()), [number], [])

    def visit(self, node):
        if isinstance(node, INERT):
            return node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.symbols.append(node.name)
            node.body = self.block(node.body)
            self.symbols.pop()
            return node
        if isinstance(node, ast.stmt):
            return self.statement_of(node)
        if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
            return self.expression(node)
        return self.generic_visit(node)

    def block(self, body):
        first = body[0] if body else None
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        return [each if each is first and is_text else self.visit(each) for each in body]

    def statement_of(self, node):
        self.statement = ast.unparse(node).split("\n")[0]
        if isinstance(node, (ast.If, ast.While)):
            self.conditions.add(node.test)
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                node.value = self.visit(node.value)
            return node
        can_drop = isinstance(node, DROPPED) and self.symbols and self.symbols[-1].islower()
        is_first_write = isinstance(node, ast.Assign) and any(isinstance(each, (ast.Name, ast.Tuple)) for each in node.targets)
        switch = self.point(node, "drop", "") if can_drop and not is_first_write else None
        if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
            is_truth = isinstance(node.value, (ast.Compare, ast.BoolOp))
            after = negated(node.value) if is_truth else ast.Constant(None)
            before = node.value
            switch = self.point(before, "return", after)
            node = self.generic_visit(node)
            node.value = ast.IfExp(switch, after, node.value)
            return node
        node = self.generic_visit(node)
        if switch is None:
            return node
        return ast.If(ast.UnaryOp(ast.Not(), switch), [node], [])

    def expression(self, node):
        changes = [(self.point(node, *change), change[1]) for change in self.changes(node)]
        pair = None
        is_symmetric = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SYMMETRIC
        if isinstance(node, ast.Call) and len(node.args) >= 2 and not is_symmetric:
            first, second = node.args[:2]
            if not any(isinstance(each, ast.Starred) for each in (first, second)) and ast.dump(first) != ast.dump(second):
                one, two = ast.unparse(first), ast.unparse(second)
                switch = self.point(node, "argument", f"{two}, {one}", f"{one}, {two}")
                pair = (switch, copy.deepcopy(second), copy.deepcopy(first))
        if isinstance(node, ast.IfExp):
            self.conditions.add(node.test)
        original = self.generic_visit(node)
        if pair is not None:
            switch, first, second = pair
            original.args[0] = ast.IfExp(switch, first, original.args[0])
            original.args[1] = ast.IfExp(copy.deepcopy(switch), second, original.args[1])
        for switch, after in reversed(changes):
            original = ast.IfExp(switch, after, original)
        return original

    def changes(self, node):
        found = []
        if node in self.conditions:
            found.append(("negate", negated(node)))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            kind = type(node.ops[0])
            for operator, table in (("boundary", BOUNDARIES), ("negate", OPPOSITES)):
                if kind in table and not (operator == "negate" and node in self.conditions):
                    other = copy.deepcopy(node)
                    other.ops = [table[kind]()]
                    found.append((operator, other))
        elif isinstance(node, ast.BoolOp):
            other = copy.deepcopy(node)
            other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            found.append(("logic", other))
        elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            other = copy.deepcopy(node)
            other.op = ARITHMETIC[type(node.op)]()
            found.append(("arithmetic", other))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and node not in self.conditions:
            found.append(("negate", copy.deepcopy(node.operand)))
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, bool):
                found.append(("boolean", ast.Constant(not node.value)))
            elif isinstance(node.value, (int, float)):
                found.append(("constant", one_more(node)))
            elif isinstance(node.value, (str, bytes)):
                empty = type(node.value)()
                other = (b"x" if isinstance(empty, bytes) else "x") if node.value == empty else empty
                found.append(("text", ast.Constant(other)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
            found.append(("length", ast.BinOp(copy.deepcopy(node), ast.Sub(), ast.Constant(1))))
        return found


def main(source, target, files):
    source, target = pathlib.Path(source), pathlib.Path(target)
    points = []
    for path in source.glob("*.py"):
        shutil.copy(path, target / path.name)
    (target / "_mutants.py").write_text(SWITCHES)
    for file in files:
        tree = ast.parse((source / file).read_text())
        mutator = Mutator(file, points)
        body = mutator.block(tree.body)
        at = 1 if ast.get_docstring(tree) is not None else 0
        body.insert(at, ast.ImportFrom("_mutants", [ast.alias("_mutant")], 0))
        tree.body = body
        (target / file).write_text(ast.unparse(ast.fix_missing_locations(tree)) + "\n")
    json.dump(points, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
