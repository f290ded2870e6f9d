"""The one way to draw, read and show a field of a card, system or custom, on any page.

Draw:   inputs = draw(specs_of(item_type, codes).values(), values_of(item), user=request.user)
        {% include "fields/_input.html" with input=input %}       one field with label and error
        {% include "fields/_control.html" with input=input %}     the bare control, for a cell
Read:   typed = read(request.POST, request.FILES, specs)          code -> what was typed
        changes = changes_of(typed, specs, by=by, item_id=…)      what edit/move/create_item take
        carry_out(item_id, typed, specs, by=by)                   next step, products: own commands
Again:  draw(specs, typed=typed, errors=refusal.fields, …)        what was typed stays
Show:   shown = show(specs, [item, …], user=…)                    [{code: text}], a row each

Inputs are named "f-<code>" (PREFIX), so that a page may have fields of its own beside them.
`specs_of` costs one SQL query; `draw` one for each kind of reference that has a value.
"""

from voronka.web.fields.drawing import PREFIX, Input, draw
from voronka.web.fields.reading import carry_out, changes_of, read
from voronka.web.fields.showing import show
from voronka.web.fields.specs import Spec, specs_of, values_of

__all__ = [
    "PREFIX",
    "Input",
    "Spec",
    "carry_out",
    "changes_of",
    "draw",
    "read",
    "show",
    "specs_of",
    "values_of",
]
