"""Set-up of fields: sections and fields of cards and clients, what they take, who asks for them.

How a field is drawn on a card is `voronka.web.fields`; this is where it is made.
"""
