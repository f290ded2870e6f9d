"""Changes of the set-up. Every `save_*` is idempotent by code: it creates, or changes what
differs, or does nothing. Each needs the `setup` right.

What refers to what decides the order of a whole set-up: item types, pipelines, sections,
fields, grade rules, stages, loss reasons; then `require_finished` for each pipeline.
"""
