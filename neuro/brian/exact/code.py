"""Compiled code that populations and projections of the same kind share.

Brian2 writes the names of a group's arrays into the code that it compiles, so each new name costs a run of the
compiler. With numbered arrays one compiled module serves every population and projection of a kind.
"""

from __future__ import annotations

import contextlib
import io
import re
from types import SimpleNamespace
from typing import Any

from quantal.neuro.brian.host import brian2

BLOCKS = ("before_run", "run", "after_run")
"""The parts of a code object, as Brian2 calls them."""
ARRAY_NAME = re.compile(r"(?:_dynamic)?_array_\w+")

CythonCode: Any = brian2.codegen.runtime.CythonCodeObject


class CannotCompile(Exception):
    """No compiler was found, or it failed."""


class SharedCode(CythonCode):
    """Cython code in which arrays are numbered; Brian2 knows it as the target `shared_cython`."""

    class_name = "shared_cython"

    def compile(self) -> None:
        """Compile all blocks."""
        self.numbers = {block: array_numbers(getattr(self.code, block, "")) for block in BLOCKS}
        super().compile()

    def compile_block(self, block: str) -> Any:
        """Compile one block; raise `CannotCompile` if the compiler fails."""
        text = with_numbered_arrays(getattr(self.code, block, ""))
        own, self.code = self.code, SimpleNamespace(**{block: text})
        try:
            # Brian2 prints the whole output of a compiler that fails.
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                module = super().compile_block(block)
        except Exception as error:
            raise CannotCompile(str(error)) from error
        finally:
            self.code = own
        if module is None and text.strip() and "EMPTY_CODE_BLOCK" not in text:
            raise ValueError(f"Cython can't read the {block} code of {self.owner.name}:\n{text}")
        return module

    def run_block(self, block: str) -> Any:
        """Run a block, with its arrays also available under their numbers."""
        for name, number in self.numbers[block].items():
            if name in self.namespace:
                self.namespace[number] = self.namespace[name]
        return super().run_block(block)


def with_numbered_arrays(text: str) -> str:
    """Code with `_array_0`, `_array_1` … in place of the names of its arrays."""
    numbers = array_numbers(text)
    return ARRAY_NAME.sub(lambda match: numbers[match[0]], text)


def array_numbers(text: str) -> dict[str, str]:
    """Names of arrays in order of first appearance, each with its numbered name."""
    names = dict.fromkeys(ARRAY_NAME.findall(text))
    return {name: f"_array_{number}" for number, name in enumerate(names)}


brian2.codegen.targets.codegen_targets.add(SharedCode)


def preferred_target() -> str:
    """Compiled code, unless Brian2 is set to NumPy."""
    return "numpy" if brian2.prefs["codegen.target"] == "numpy" else SharedCode.class_name


def no_compiler(error: BaseException | None) -> bool:
    """Whether `CannotCompile` is at the root of an error."""
    while error is not None:
        if isinstance(error, CannotCompile):
            return True
        error = error.__cause__
    return False
