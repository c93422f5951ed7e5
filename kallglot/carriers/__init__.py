"""What every carrier has in common: calls as facts, answers as steps, and REST as exchanges.

Plugins may import everything here but `line`, which is the one place that knows a socket.
"""
