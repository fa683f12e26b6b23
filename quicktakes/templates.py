"""A template loader that renders constant parts once, when a template is loaded.

Half of what a page's templates do yields the same text every time: the names of static files, the addresses of fixed
pages, an icon that is included. This loader puts that text into the loaded template, where Django's own would look it
up again for every page. The templates stay as they are written. Django's cached loader saves the parsing only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.template import Context, NodeList, Origin, Template
from django.template.base import FilterExpression, Node, TextNode, Variable, VariableNode
from django.template.defaulttags import CommentNode, IfNode, LoadNode, URLNode, WithNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import cached
from django.templatetags.static import StaticNode

FIXED_NAMESPACE = "learn:"  # the address of a page of the admin depends on the application that asks
# In a template that is given constants alone, these give the same text every time.
PURE_NODES = (TextNode, VariableNode, CommentNode, LoadNode, IfNode, WithNode)


class Loader(cached.Loader):
    """Django's cached loader, which folds each template as it puts it into its cache."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        is_new = self.cache_key(template_name, skip) not in self.get_template_cache
        template = super().get_template(template_name, skip)
        if is_new:
            fold(template)
        return template


def fold(template: Template) -> None:
    """Replace the nodes of `template` that always give the same text by that text."""
    _fold(template.nodelist, template)


def _fold(nodes: NodeList, template: Template) -> None:
    folded: list[Node] = []
    for node in nodes:
        for children in child_lists(node):
            _fold(children, template)
        text = _text_of(node, template)
        if text is None:
            folded.append(node)
        elif folded and isinstance(folded[-1], TextNode):
            folded[-1] = TextNode(folded[-1].s + text)
        else:
            folded.append(TextNode(text))
    nodes[:] = folded


def child_lists(node: Node) -> Iterator[NodeList]:
    """The lists of nodes below `node`."""
    if isinstance(node, IfNode):
        yield from (children for _condition, children in node.conditions_nodelists)
        return
    for name in node.child_nodelists:
        children = getattr(node, name, None)
        if isinstance(children, NodeList):
            yield children


def _text_of(node: Node, template: Template) -> str | None:
    """What `node` always gives; None where that may differ from page to page."""
    if isinstance(node, TextNode):
        return node.s
    if isinstance(node, (CommentNode, LoadNode)):
        return ""
    return _rendered(node, template) if is_constant(node, template) else None


def is_constant(node: Node, template: Template) -> bool:
    """Whether `node` gives the same text on every page."""
    if isinstance(node, StaticNode):
        return node.varname is None and is_literal(node.path)
    if isinstance(node, URLNode):
        if node.args or node.kwargs or node.asvar or not is_literal(node.view_name):
            return False
        return str(node.view_name.var).startswith(FIXED_NAMESPACE)
    if isinstance(node, IncludeNode) and is_literal(node.template):
        included = template.engine.get_template(node.template.var)
        if node.isolated_context and all(map(is_literal, node.extra_context.values())):
            return _is_pure(included.nodelist, template)
        return all(isinstance(part, TextNode) for part in included.nodelist)
    return False


def _is_pure(nodes: Sequence[Node], template: Template) -> bool:
    return all(
        (isinstance(node, PURE_NODES) or is_constant(node, template))
        and all(_is_pure(children, template) for children in child_lists(node))
        for node in nodes
    )


def is_literal(expression: Any) -> bool:
    """Whether a value in a tag is written out there: no variable, no filter."""
    return (
        isinstance(expression, FilterExpression)
        and not expression.filters
        and not isinstance(expression.var, Variable)
    )


def _rendered(node: Node, template: Template) -> str:
    context = Context()
    with context.render_context.push_state(template), context.bind_template(template):
        return str(node.render_annotated(context))
