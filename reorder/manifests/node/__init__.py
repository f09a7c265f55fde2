"""Projects of package.json: what every installer of them has in common.

Request -> Project (packages, workspaces, local dependencies) -> Scripts (what runs and reads)
"""
