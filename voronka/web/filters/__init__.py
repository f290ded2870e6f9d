"""The filter bar of boards and lists: chips, the dialog with everything, saved views as tabs.

A page does this:

    bar = FilterBar.of(request, item_type, pipeline, region="#cards")
    cards = bar.asked.apply(Item.objects.visible_to(request.user), request.user)

    <div class="filterbar">{% include "filters/_bar.html" %}…</div>
    {% include "filters/_views.html" %}          the saved views (tabs); leave it out, or not

`bar.asked` is the filter of the address, else of the view in ?view=…, else of the person's default
view. With `region`, the selector of an element of the page, a chip changes that element and itself
only (the page answers whole, htmx takes the piece); without it chips are plain links. Other
parameters of the page (sort, columns) stay in every link; `page` and `after` do not.
`stages=False` leaves stage and state out of the dialog: the columns of a board are the stages.
"""

from voronka.web.filters.bar import FilterBar

__all__ = ["FilterBar"]
