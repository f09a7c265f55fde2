"""A builder in memory: what BuildKit and a small system make of a Dockerfile.

It shares nothing with the package under test. Commands have the semantics of the real tools, as
far as they go; what is not known raises Unsupported, so that no case is passed by accident.
"""
