"""The tree of a formula's MathML, as those read it who say it in other words."""

from __future__ import annotations

import html
import re

_NODE = re.compile(r"<(/?)([a-z]+)([^<>]*?)(/?)>|([^<]+)")


class Node:
    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: str = "", text: str = "") -> None:
        self.name = name
        self.attributes = attributes
        self.text = text
        self.children: list[Node] = []


def parse(mathml: str) -> Node:
    """The tree of the MathML that math-core writes: well-formed, without comments."""
    root = Node("mrow")
    open_nodes = [root]
    for match in _NODE.finditer(mathml):
        closing, name, attributes, alone, text = match.groups()
        if text is not None:
            open_nodes[-1].children.append(Node("#text", "", html.unescape(text)))
        elif closing:
            open_nodes.pop()
        else:
            node = Node(name, attributes)
            open_nodes[-1].children.append(node)
            if not alone:
                open_nodes.append(node)
    return root
