"""The stream's own protocol as an AsyncAPI 3.0 document.  Pure.

frames.py       what is said, by whom, as types
document.py     the document made from them
"""
