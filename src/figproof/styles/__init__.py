"""figproof's sheets for Matplotlib, by dotted name: ``plt.style.use("figproof.styles.venues.nature")``.

That gives a venue's settings alone; page size, palette and layout are given by ``figproof.style``.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec, SourceFileLoader

from matplotlib import font_manager

from figproof.places import builtin

_FOLDER = builtin("styles")

# The sheets lie in the repository beside the package, in a wheel inside it. Matplotlib asks the loader
# for the folder of this package, and __path__ for those below.
__path__ = [str(_FOLDER)]
_spec: ModuleSpec = __spec__
_spec.submodule_search_locations = __path__
_spec.loader = SourceFileLoader(__name__, str(_FOLDER / "__init__.py"))

# Or Matplotlib would draw such a sheet's text in another font, and say so in its log only.
for _font in sorted((_FOLDER / "fonts").glob("*.ttf")):
    font_manager.fontManager.addfont(_font)
