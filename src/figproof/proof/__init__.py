"""Is a figure what its inputs say, and what changed: status, rebuilding, classified differences, bundles."""
