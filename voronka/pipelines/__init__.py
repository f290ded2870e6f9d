"""How we sell: item types, pipelines, stages, fields, loss reasons and sources."""
