"""Stands in for the course's package where a learner's code is graded.

`errors`, `sim` and `checks.servant` are the real ones. `models` (the reference implementations) is absent and says
so. Everything else (`widgets`, `plots`, `live`, ...) can be imported and accepts anything, so that a cell that shows a
panel beside the learner's class runs to its end.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types

ABSENT = ("models",)


class Anything:
    """Any attribute, any call, any operator of a picture: it does nothing and is its own result."""

    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *args, **kwargs):
        return Anything()

    def __getitem__(self, key):
        return Anything()

    def __setitem__(self, key, value):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __mro_entries__(self, bases):
        return ()

    def __or__(self, other):
        return self

    def __repr__(self):
        return "(not shown while grading)"


class StandIn(types.ModuleType):
    """A module that has every name."""

    __path__ = ()
    __all__ = ()

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Anything()


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `faultlab.<anything>` that is not there as a file."""

    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        if parts[0] != "faultlab" or len(parts) < 2:
            return None
        if parts[1] in ABSENT:
            raise ImportError(f"{name} is not available while grading", name=name)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        pass


def use_language(code=None):
    """Grading needs no language."""


def language():
    return "en"


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    if name in ABSENT:
        raise ImportError(f"faultlab.{name} is not available while grading", name=f"faultlab.{name}")
    if name == "sim":
        # The real one, which takes a while to import: only where somebody asks for it.
        return importlib.import_module("faultlab.sim")
    return Anything()


sys.meta_path.append(StandInFinder())

# Imported here, or `from faultlab import errors` would ask __getattr__ and get a stand-in.
import faultlab.errors  # noqa: E402, F401
