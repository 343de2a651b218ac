"""What is printed of the generated classes, which would print all their fields."""

from ._native import CountersignError, HttpHeader, HttpResponse

# A person who meets one in a traceback wants the sentence.
CountersignError.__str__ = lambda self: self.describe()  # type: ignore[attr-defined, method-assign]

# Headers and bodies may hold tokens, which no log should.
HttpHeader.__str__ = lambda self: f"HttpHeader(name={self.name})"  # type: ignore[method-assign]
HttpResponse.__str__ = lambda self: f"HttpResponse(status={self.status})"  # type: ignore[method-assign]
