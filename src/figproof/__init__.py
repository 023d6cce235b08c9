"""figproof: camera-ready figures from recorded ML runs, with proof."""

__version__ = "0.1.0"
