"""Whom to tell of what, when, and by which way (UI-11). See docs/domain/notices.md."""
