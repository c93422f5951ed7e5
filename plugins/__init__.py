"""The built-in providers: a folder each, and in each the same file names.

They use `kallglot.providers` like anybody's plugin would, and are found by entry point.
"""
