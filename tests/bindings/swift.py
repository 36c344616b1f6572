"""The Swift side as far as it can be looked at without a Swift compiler.

Invariant: the generated file and the example parse without an error (tree-sitter), and every call the example makes on the
phone or the server exists in the generated file with these very labels. Leaves out: types; nothing here compiles Swift.
"""

import re

import tree_sitter
import tree_sitter_swift

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))


def faults(text):
    """Lines at which a text is no Swift. Two things that are Swift and not in the grammar are taken as read."""
    text = text.replace("@_documentation(visibility: private)", "").replace("{ () }", "{ return }")
    found, open_nodes = [], [PARSER.parse(text.encode()).root_node]
    while open_nodes:
        node = open_nodes.pop()
        if node.type == "ERROR" or node.is_missing:
            found.append(node.start_point[0] + 1)
        open_nodes.extend(child for child in node.children if child.has_error or child.is_missing)
    return sorted(found)


def declared(generated):
    """Functions and constructors of the generated file: name → lists of (label, may be left out)."""
    found = {}
    for name, parameters in re.findall(r"(?:func `?(\w+)`?|convenience init)\(([^)]*)\)", generated):
        labels = [(p.split(":")[0].strip(), "=" in p) for p in parameters.split(",") if p.strip()]
        found.setdefault(name or "Server", []).append(labels)
    return found


def calls(example):
    """Calls of the example on phone, server and their types: (name, labels)."""
    for match in re.finditer(r"\b(?:phone|Phone)\.(\w+)\(|\b(Server)\(", example):
        depth, at, flat = 1, match.end(), ""
        while depth:
            char = example[at]
            depth += (char in "([{") - (char in ")]}")
            flat += char if depth == 1 and char not in ")]}" else ""
            at += 1
        yield match[1] or match[2], re.findall(r"(\w+):", flat)


def unknown_calls(generated, example):
    """Calls that nothing in the generated file answers; how many calls there were."""
    known, unknown, seen = declared(generated), [], 0
    for name, labels in calls(example):
        seen += 1
        if not any(fits(parameters, labels) for parameters in known.get(name, [])):
            unknown.append(f"{name}({':'.join([*labels, ''])})")
    return unknown, seen


def fits(parameters, labels):
    given = [label for label, _ in parameters if label in labels]
    return given == labels and all(free or label in labels for label, free in parameters)
