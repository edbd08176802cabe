"""What a launch needs of `typing`, without loading it.

`typing` takes two milliseconds, and a tenth of one for each NamedTuple, of which a
launch makes fifty: it compiles and checks every annotation. Type checkers see the real
names; here they stand for nothing, but NamedTuple, which is made from the names of its
fields alone. What only `ccroute` loads takes them from `typing` itself.
"""

from __future__ import annotations

from operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any as Any
    from typing import ClassVar as ClassVar
    from typing import Final as Final
    from typing import NamedTuple as NamedTuple
    from typing import NoReturn as NoReturn
    from typing import Protocol as Protocol
    from typing import Self as Self
    from typing import TypeVar as TypeVar
else:
    Any = ClassVar = Final = NoReturn = Self = Protocol = object

    def TypeVar(name):  # noqa: N802 - as typing calls it
        """A name; who reads it reads the source."""
        return name

    class _Fields(type):
        """Makes the annotated names of a class the fields of a tuple."""

        def __new__(meta, name, bases, namespace):
            if bases != (tuple,):
                fields = tuple(namespace.get("__annotations__", ()))
                defaults = {field: namespace[field] for field in fields if field in namespace}
                getters = {one: property(itemgetter(at)) for at, one in enumerate(fields)}
                own = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
                namespace = {**namespace, **getters, **own}
            return super().__new__(meta, name, bases, {"__slots__": (), **namespace})

    class NamedTuple(tuple, metaclass=_Fields):
        """As typing.NamedTuple, for classes; a class of that kind is not derived from."""

        __slots__ = ()

        def __new__(cls, *values, **named):
            rest = cls._fields[len(values) :]
            if rest or named:
                given = {**cls._field_defaults, **named}
                if not given.keys() >= set(rest) or not named.keys() <= set(rest):
                    raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}")
                values = (*values, *(given[field] for field in rest))
            if len(values) != len(cls._fields):
                raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}")
            return tuple.__new__(cls, values)

        def __getnewargs__(self):
            return tuple(self)

        def __repr__(self):
            pairs = zip(self._fields, self, strict=True)
            return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in pairs)})"

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **changes):
            return type(self)(**{**self._asdict(), **changes})
