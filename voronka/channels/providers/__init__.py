"""One folder for each kind of channel; each is whole and knows no other.

A folder's `provider.py` names its provider as PROVIDER. See docs/adding-a-channel.md.
"""
