"""The commands of `kallglot`, one per file, each called `command` there."""
