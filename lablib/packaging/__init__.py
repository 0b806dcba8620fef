"""Deployment packages: from what a learner has (a file, a folder, a zip, a notebook cell) to the zip that Lambda takes.

Java, C# and Go are compiled first, with the tools that a `Workshop` holds.
"""

from lablib.packaging.archive import NotPackageable
from lablib.packaging.cache import BuildCache
from lablib.packaging.cells import from_cell
from lablib.packaging.source import Package, from_path
from lablib.packaging.workshop import CSharp, JavaCompiler, Workshop

__all__ = ["BuildCache", "CSharp", "JavaCompiler", "NotPackageable", "Package", "Workshop", "from_cell", "from_path"]
