"""What a conversation was like, in figures: counted from its timeline, a measure per module.  Pure.

Nothing here looks at what was said beyond counting it; what takes a reader of language, such as a
summary, is somebody else's.
"""
