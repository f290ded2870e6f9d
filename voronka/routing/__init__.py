"""To whom a card goes: the routing table, and distribution among people (IN-13, QL-8)."""
