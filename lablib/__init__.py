"""Lambda Lab: AWS Lambda, learned by running it."""

__version__ = "0.1.0"
