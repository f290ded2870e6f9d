"""Loss reasons: a tree per funnel, split into target and non-target (QL-5, FS-14)."""
