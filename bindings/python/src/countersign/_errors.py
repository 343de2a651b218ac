"""What an error says when it is printed."""

from ._native import CountersignError

# The generated classes print their fields. A person who meets one in a traceback wants the sentence.
CountersignError.__str__ = lambda self: self.describe()  # type: ignore[attr-defined, method-assign]
