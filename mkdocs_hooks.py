"""Where mkdocs meets the builder: for every build it gets a new one."""

from builder.site import on_config

__all__ = ["on_config"]
