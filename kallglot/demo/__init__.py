"""The demonstration: a whole translated call on one machine, and a judgement of what was heard.

`story` says what is said, `voices` says it, `conversation` holds the call, `likeness` compares
sounds, `judgement` decides, `report` and `picture` leave it all in a folder.
"""
