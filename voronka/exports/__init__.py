"""The whole base as one archive that anybody can read without us (IM-6)."""
