"""How every Django form looks: label, control, help and error of a field, in that order."""

from __future__ import annotations

from django import forms
from django.forms.renderers import DjangoTemplates

from voronka.kernel.errors import DomainError


class Renderer(DjangoTemplates):
    """Draws forms by templates/forms/: {{ form }} and {{ form.name.as_field_group }}."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def get_template(self, template_name: str):  # type: ignore[no-untyped-def]
        """Find our own templates with the project's loader, Django's widgets with theirs."""
        if template_name.startswith("forms/"):
            from django.template.loader import get_template

            return get_template(template_name)
        return super().get_template(template_name)


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Put a command's refusal where it belongs: under its fields, the rest over the form.

    What was typed stays. Answer with status 422 afterwards, so that htmx swaps the form in.
    """
    rest = True
    for name, sentence in error.fields.items():
        if name in form.fields:
            form.add_error(name, str(sentence))
            rest = False
    if rest:
        form.add_error(None, str(error.detail))
