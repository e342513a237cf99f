"""What libraries outside the repository do, as far as settings go through them: one small module a library.

A model is a function of a `Call` (`modelling.py`). It answers with a value, or with None where it knows nothing of
these arguments: the call is then one that is not followed, and taints what it was given. To add a library, write a
module here with tables of these names and list it in `MODULES`:

CALLS: dotted name of a function or class -> what calling it gives.
BASES: dotted name of a class -> what calling a class of the repository gives that derives from it (owner: the class).
METHODS, OBJECTS, ITEMS, ATTRIBUTES: kind of an `Object` -> a method called on it (name: the method's), itself called,
an item asked for (arguments: the key), an attribute that is no method (name: the attribute's).
SETTERS: kind -> an attribute of it is set (name, arguments: the value); dotted name of a class -> that of an instance
of a class of the repository that derives from it. STORES: an item is (arguments: the key and the
value). MANAGERS: kind -> it is entered or left by a `with` (name: "__enter__" or "__exit__"). OPERATORS: kind -> it is
an operand (name: the sign, arguments: both sides). TEXTS: kind -> str() of it. COMPARE: kind -> it is compared (name:
of the ast class, arguments: both sides). MEMBERS: dotted name of a class -> an attribute of a class of the repository
that derives from it (owner: the class, arguments: what its body says, if it says something). SPOILS: kind -> something
that is not followed has had its hands on it (arguments: what). CONTAINS: kind -> whether something is in it
(arguments: what). SUPERS: dotted name of a class -> what `super()` of a class has under a name that derives from it.
DECORATES: kind -> an object of it decorates a function (arguments: the function). DELETES: kind -> an item of it is
deleted (arguments: the key). PARTLY: dotted name (or kind of an object) -> what
calling it gives where not all arguments are known. CONSTANTS: dotted
name -> data of a library. An object whose state holds a `Seq` "items" can be iterated over.

One name has one model: a test holds that no two modules speak of the same.
"""

MODULES: tuple[str, ...] = (
    "_places", "standard", "environ", "split_settings", "execution", "dj_urls", "configurations", "dotenv", "environs",
    "decouple", "enumeration", "pydantic_settings", "dynaconf", "starlette", "ini", "applications", "app_config",
    "flask", "constants", "readers", "inspection", "everett", "responses", "middleware", "secure_headers", "records",
)  # fmt: skip
