"""`{% trans %}`, in every template: Django's own, with constant sentences translated once."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.template.base import Parser, Token, Variable
from django.template.context import Context
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils.translation import get_language

register = template.Library()


class ConstantNode(TranslateNode):
    """A `{% trans "…" %}` of a text that stands in the template itself.

    A page has fifty of them and each walks through lazy strings; what it says in a language is
    always the same, so a process asks once.
    """

    def __init__(self, node: TranslateNode) -> None:
        super().__init__(node.filter_expression, node.noop, None, node.message_context)
        self._said: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        """Write the sentence in the page's language."""
        language = get_language()
        said = self._said.get(language)
        if said is None:
            said = super().render(context)
            if not settings.DEBUG:
                self._said[language] = said
        return said


@register.tag
def trans(parser: Parser, token: Token) -> TranslateNode:
    """Read `{% trans "Sections" %}`, with or without a context that is a text as well."""
    node = do_translate(parser, token)
    expression, about = node.filter_expression, node.message_context
    bare = isinstance(expression.var, Variable) and expression.var.literal is not None
    named = about is None or not isinstance(about.var, Variable)
    if bare and named and not expression.filters and not node.asvar:
        return ConstantNode(node)
    return node
