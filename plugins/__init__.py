"""The providers that come with Kallglot, a folder each with the same file names.

They use the public interface, `kallglot.providers`, like anybody's.
"""
