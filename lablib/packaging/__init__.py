"""Deployment packages: from what a learner has (a file, a folder, a zip, a notebook cell) to the zip that Lambda takes."""

from lablib.packaging.source import NotPackageable, Package, from_cell, from_path

__all__ = ["NotPackageable", "Package", "from_cell", "from_path"]
