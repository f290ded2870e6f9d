"""Moving a card from any page: the same gate, the same dialog, the same answer.

A view that lets people move cards does this and nothing else:

    to = get_object_or_404(item.pipeline.stages, pk=request.POST["stage"])
    moved = gate.move(request, item, to, url=request.path)
    if isinstance(moved, HttpResponse):     # the dialog that asks for what is missing (422)
        return moved
    return gate.tell(HttpResponse(status=204), moved)   # or a fragment of your own

POST fields: `stage` (id), `seen` (id of the stage where the person saw the card; may be left out).
The dialog adds `asked=1`, fields named as in voronka.web.fields, `confirm` (criterion codes),
`reason` (id) and `comment`, and posts to `url` again, with #dialog as its target.
`tell` closes the dialog, shows a toast with undo, and fires `item:moved` {id, stage, left} on the
page. When a person closes the dialog without moving, no event comes: a board puts the card back
when `#dialog-frame` closes.

A way back opens the correction dialog for those who may correct (FS-7), a sentence for others.
"""

from voronka.web.gate.moving import closed, move, tell

__all__ = ["closed", "move", "tell"]
