"""`{% url %}`, in every template: Django's own, with addresses written once in a process."""

from __future__ import annotations

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse_url
from django.utils.html import conditional_escape

from voronka.web.addresses import path_of

register = template.Library()


class PathNode(URLNode):
    """A `{% url %}` without keywords and without `as`."""

    def render(self, context: Context) -> str:
        """Write the address."""
        args = [arg.resolve(context) for arg in self.args]
        path = path_of(self.view_name.resolve(context), *args)
        return conditional_escape(path) if context.autoescape else path


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    """Read `{% url "card:show" item.pk %}`."""
    node = parse_url(parser, token)
    if node.kwargs or node.asvar:
        return node
    return PathNode(node.view_name, node.args, node.kwargs, node.asvar)
