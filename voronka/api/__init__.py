"""The REST face: /api/v1, tokens with scopes inside their person's rights."""
